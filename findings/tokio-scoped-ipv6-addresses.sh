#!/usr/bin/env bash
# tokio 1.54.1 with http 1.5.0 and url 2.5.8: where an IPv6 address with a scope is understood.
#
#   lookup_host("[fe80::1%lo]:4000")      an error "Name or service not known": with brackets, only
#                                         numbers are taken for a scope
#   lookup_host("[fe80::1%1]:4000")       Ok
#   lookup_host("fe80::1%lo:4000")        Ok: without brackets, which no RFC allows, the name is taken
#   lookup_host(("fe80::1%lo", 4000))     Ok
#   lookup_host(("2001:db8::1%lo", 4000)) an error, but with "%1" it is Ok: names are for link-local
#                                         addresses only, numbers for all
#   "fe80::1%1".parse::<Ipv6Addr>()       an error; SocketAddr takes it
#   Uri "http://[fe80::1%251]/"           RFC 6874 writes "%25" for the percent sign, so this is scope
#                                         1. http gives the host as it stands, and lookup_host reads
#                                         scope 251 from it: Ok, another interface.
#   Url "http://[fe80::1%251]/"           refused by url, as every address with a scope
#
# What follows for a program: split "[address%scope]:port" by itself and hand (host, port) to the
# resolver; undo the percent encoding of a URI first.
#
# Seen on Linux 6.x with glibc 2.36, rustc 1.95. Exits with 1 if an output line differs.
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
http = "=1.5.0"
tokio = { version = "=1.54.1", features = ["macros", "net", "rt"] }
url = "=2.5.8"

[workspace]
TOML
cat >"$dir/src/main.rs" <<'RUST'
use std::net::{Ipv6Addr, SocketAddr};
use tokio::net::{ToSocketAddrs, lookup_host};

async fn look_up(host: impl ToSocketAddrs) -> String {
    match lookup_host(host).await {
        Ok(found) => found.map(|address| address.to_string()).collect::<Vec<_>>().join(" "),
        Err(_) => "error".to_string(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for text in ["[fe80::1%lo]:4000", "[fe80::1%1]:4000", "fe80::1%lo:4000"] {
        println!("{text}: {}", look_up(text).await);
    }
    for host in ["fe80::1%lo", "2001:db8::1%lo", "2001:db8::1%1"] {
        println!("({host}, 4000): {}", look_up((host, 4000)).await);
    }
    println!("Ipv6Addr: {}", "fe80::1%1".parse::<Ipv6Addr>().is_ok());
    println!("SocketAddr: {}", "[fe80::1%1]:4000".parse::<SocketAddr>().is_ok());

    let uri: http::Uri = "http://[fe80::1%251]:4000/".parse().unwrap();
    let authority = uri.authority().unwrap().as_str();
    println!("http: {authority} is {}", look_up(authority).await);
    println!("url: {}", url::Url::parse("http://[fe80::1%251]:4000/").is_ok());
}
RUST
cat >"$dir/expected" <<'TEXT'
[fe80::1%lo]:4000: error
[fe80::1%1]:4000: [fe80::1%1]:4000
fe80::1%lo:4000: [fe80::1%1]:4000
(fe80::1%lo, 4000): [fe80::1%1]:4000
(2001:db8::1%lo, 4000): error
(2001:db8::1%1, 4000): [2001:db8::1%1]:4000
Ipv6Addr: false
SocketAddr: true
http: [fe80::1%251]:4000 is [fe80::1%251]:4000
url: false
TEXT
cargo run -q --manifest-path "$dir/Cargo.toml" >"$dir/seen"
diff -u "$dir/expected" "$dir/seen"
echo "as described"
