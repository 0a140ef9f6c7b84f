//! Channels over TCP between two nodes in this process, compared with raw tokio sockets.
//!
//! A workload is driven by a task like those that it talks to, on both sides, and both ends of a
//! connection share the two threads of one runtime.

use crate::messages::{BODY, Echoer, IN_FLIGHT, Sink};
use crate::{Run, Workload};
use ockam_core::{NeutralMessage, Result, Route, Worker, route};
use ockam_identity::{Identities, NodeRng, SecureChannelListenerOptions, SecureChannelOptions};
use ockam_node::{Context, NodeBuilder};
use ockam_transport_tcp::{TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;

/// Number of threads of a runtime, the same on every machine, so that results are comparable.
const THREADS: usize = 2;

/// Number of bytes that the baseline sends for an echo: the length of a channel message with its
/// routes, its number and its tag.
const FRAME: usize = 160;

/// Buffer size in bytes of the baseline for large bodies, for writing and reading.
const BUFFER: usize = 64 * 1024;

pub(crate) fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "tcp_16k",
            bytes: Some(BODY),
            is_alone: false,
            run: one_way(),
            floor: Some(raw_one_way()),
        },
        Workload {
            name: "tcp_echo",
            bytes: None,
            is_alone: false,
            run: echo(),
            floor: Some(raw_echo()),
        },
    ]
}

fn runtime() -> Runtime {
    let threads = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build();
    threads.expect("the system has threads")
}

/// Runs a future as a task.
fn drive<T: Send + 'static>(
    runtime: &Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(runtime.spawn(future)).expect("it does not panic")
}

/// Two nodes with a channel over a connection, and the route from the first to a worker on the
/// second.
struct Stage {
    runtime: Runtime,
    first: Context,
    /// Kept alive for the duration of the benchmark.
    _second: Context,
    route: Route,
}

fn stage(name: &'static str, worker: impl Worker<Context = Context>) -> Stage {
    let runtime = runtime();
    let (first, second, route) =
        runtime.block_on(connect(name, worker)).expect("loopback works and both sides are honest");
    Stage { runtime, first, _second: second, route }
}

async fn connect(
    name: &'static str,
    worker: impl Worker<Context = Context>,
) -> Result<(Context, Context, Route)> {
    let (first, second) = (NodeBuilder::new().build()?, NodeBuilder::new().build()?);
    second.start_worker(name, worker).await?;
    let tcp = second.create_tcp_transport().await?;
    let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
    let tcp = first.create_tcp_transport().await?;
    let connection = tcp.connect(listener.socket_address(), TcpConnectionOptions::new()).await?;
    let identities = Identities::in_memory();
    let bob = identities.create_identity(&mut NodeRng::new(&second)).await?;
    let options = SecureChannelListenerOptions::new().as_consumer(listener.flow_control_id());
    let channels =
        identities.create_secure_channel_listener(&second, &bob, "listener", options).await?;
    second.flow_controls().add_consumer(name, channels.flow_control_id());
    let identities = Identities::in_memory();
    let alice = identities.create_identity(&mut NodeRng::new(&first)).await?;
    let (route, options) = (route![connection, "listener"], SecureChannelOptions::new());
    let channel = identities.create_secure_channel(&first, &alice, route, options).await?;
    Ok((first, second, route![channel, name]))
}

fn one_way() -> Run<'static> {
    let room = Arc::new(Semaphore::new(IN_FLIGHT));
    let stage = stage("sink", Sink(Arc::clone(&room)));
    Box::new(move |messages| {
        let (first, route, room) = (stage.first.handle(), stage.route.clone(), Arc::clone(&room));
        drive(&stage.runtime, async move {
            for _ in 0..messages {
                room.acquire().await.expect("it is never closed").forget();
                let body = NeutralMessage::from(vec![7; BODY]);
                first.send(route.clone(), body).await.expect("the worker exists");
            }
            // Wait for the messages in flight.
            let all = room.acquire_many(IN_FLIGHT as u32).await;
            drop(all.expect("it is never closed"));
        });
    })
}

fn echo() -> Run<'static> {
    let stage = stage("echoer", Echoer);
    Box::new(move |trips| {
        let (first, route) = (stage.first.handle(), stage.route.clone());
        drive(&stage.runtime, async move {
            for _ in 0..trips {
                let body = NeutralMessage::from(vec![7; 12]);
                let answer = first.send_and_receive::<NeutralMessage>(route.clone(), body).await;
                answer.expect("the worker answers");
            }
        });
    })
}

/// Two ends of a raw tokio connection.
async fn sockets() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let near = TcpStream::connect(listener.local_addr()?).await?;
    let (far, _) = listener.accept().await?;
    near.set_nodelay(true)?;
    far.set_nodelay(true)?;
    Ok((near, far))
}

/// Encrypts and decrypts all bodies, and then sends as many over a socket.
fn raw_one_way() -> Run<'static> {
    let runtime = runtime();
    let (near, far) = runtime.block_on(sockets()).expect("loopback works");
    runtime.spawn(count(far));
    let mut near = Some(near);
    let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("it is a key");
    let key = LessSafeKey::new(key);
    Box::new(move |messages| {
        for _ in 0..messages {
            let mut body = vec![7; BODY];
            let nonce = || Nonce::assume_unique_for_key([0; 12]);
            key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut body).expect("it is short");
            key.open_in_place(nonce(), Aad::empty(), &mut body).expect("it is authentic");
            std::hint::black_box(body);
        }
        let socket = near.take().expect("it is put back");
        near = Some(drive(&runtime, send(socket, messages)).expect("the peer reads"));
    })
}

/// Sends a number of buffered bodies, and waits until all have been read.
async fn send(mut socket: TcpStream, messages: u64) -> io::Result<TcpStream> {
    let bodies = vec![7; BUFFER];
    let mut left = messages * BODY as u64;
    socket.write_u64(left).await?;
    while left > 0 {
        let len = left.min(BUFFER as u64);
        socket.write_all(&bodies[..len as usize]).await?;
        left -= len;
    }
    socket.read_u8().await?;
    Ok(socket)
}

/// Reads the announced number of bytes, and notifies the sender.
async fn count(mut socket: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let mut left = socket.read_u64().await?;
        while left > 0 {
            let len = left.min(BUFFER as u64);
            left -= socket.read(&mut buffer[..len as usize]).await? as u64;
        }
        socket.write_u8(1).await?;
    }
}

/// Writes and reads unbuffered, with one write per message.
fn raw_echo() -> Run<'static> {
    let runtime = runtime();
    let (near, mut far) = runtime.block_on(sockets()).expect("loopback works");
    runtime.spawn(async move {
        let mut frame = [0; FRAME];
        while far.read_exact(&mut frame).await.is_ok() {
            if far.write_all(&frame).await.is_err() {
                return;
            }
        }
    });
    let mut near = Some(near);
    Box::new(move |trips| {
        let mut socket = near.take().expect("it is put back");
        let echoed = drive(&runtime, async move {
            let mut frame = [7; FRAME];
            for _ in 0..trips {
                socket.write_all(&frame).await?;
                socket.read_exact(&mut frame).await?;
            }
            io::Result::Ok(socket)
        });
        near = Some(echoed.expect("the worker answers"));
    })
}
