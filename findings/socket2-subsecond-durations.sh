#!/usr/bin/env bash
# socket2 0.6.5 on Linux: a duration that is not a whole number of the option's unit is cut off, and
# a duration that becomes zero turns the option into its opposite.
#
#   set_linger(Some(999 ms))              Ok; the kernel has 0 s, so that the drop of the socket is a
#                                         reset and data on its way is lost for the peer. The same
#                                         with None or Some(1 s) is a clean end.
#   set_tcp_user_timeout(Some(999 us))    Ok; the timeout is off.
#   set_read_timeout(Some(1 ns))          Ok; the timeout is off. (std rounds up to 1 us.)
#   keepalive time of 999 ms, or 32,768 s InvalidInput; 1 s to 32,767 s are taken.
#   keepalive interval of 1,999 ms        Ok; it is 1 s.
#   Duration::MAX                         InvalidInput as user timeout and as keepalive time, "never"
#                                         as read timeout.
#
# What follows for a program: round up to the unit and clamp to the range before the call, and treat
# Duration::MAX as "off" by itself.
#
# Seen on Linux 6.x, x86_64, with rustc 1.95. Exits with 1 if an output line differs.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/src"
cat >"$dir/Cargo.toml" <<'TOML'
[package]
name = "probe"
version = "0.0.0"
edition = "2024"

[dependencies]
socket2 = { version = "=0.6.5", features = ["all"] }

[workspace]
TOML
cat >"$dir/src/main.rs" <<'RUST'
use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Sends 4,096 bytes, drops the socket, and says what its peer saw.
fn dropped_with_linger(linger: Option<Duration>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut writer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (mut reader, _) = listener.accept().unwrap();
    SockRef::from(&writer).set_linger(linger).unwrap();
    writer.write_all(&[7; 4096]).unwrap();
    drop(writer);
    match reader.read_to_end(&mut Vec::new()) {
        Ok(_) => "clean end".to_string(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn main() {
    for linger in [None, Some(Duration::from_millis(999)), Some(Duration::from_secs(1))] {
        println!("linger {linger:?}: {}", dropped_with_linger(linger));
    }
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    for timeout in [Duration::from_micros(999), Duration::from_millis(1), Duration::MAX] {
        let outcome = socket.set_tcp_user_timeout(Some(timeout)).map_err(|error| error.kind());
        println!("user timeout {timeout:?}: {outcome:?}, {:?}", socket.tcp_user_timeout().unwrap());
    }
    for timeout in [Duration::from_nanos(1), Duration::MAX] {
        let outcome = socket.set_read_timeout(Some(timeout)).map_err(|error| error.kind());
        println!("read timeout {timeout:?}: {outcome:?}, {:?}", socket.read_timeout().unwrap());
    }
    for seconds in [0.999, 1.0, 32_767.0, 32_768.0] {
        let keepalive = TcpKeepalive::new().with_time(Duration::from_secs_f64(seconds));
        let outcome = socket.set_tcp_keepalive(&keepalive).map_err(|error| error.kind());
        println!("keepalive time {seconds} s: {outcome:?}");
    }
    let keepalive = TcpKeepalive::new().with_interval(Duration::from_millis(1_999));
    socket.set_tcp_keepalive(&keepalive).unwrap();
    println!("keepalive interval 1.999 s: {:?}", socket.tcp_keepalive_interval().unwrap());
}
RUST
cat >"$dir/expected" <<'TEXT'
linger None: clean end
linger Some(999ms): ConnectionReset
linger Some(1s): clean end
user timeout 999µs: Ok(()), None
user timeout 1ms: Ok(()), Some(1ms)
user timeout 18446744073709551615.999999999s: Err(InvalidInput), Some(1ms)
read timeout 1ns: Ok(()), None
read timeout 18446744073709551615.999999999s: Ok(()), None
keepalive time 0.999 s: Err(InvalidInput)
keepalive time 1 s: Ok(())
keepalive time 32767 s: Ok(())
keepalive time 32768 s: Err(InvalidInput)
keepalive interval 1.999 s: 1s
TEXT
cargo run -q --manifest-path "$dir/Cargo.toml" >"$dir/seen"
diff -u "$dir/expected" "$dir/seen"
echo "as described"
