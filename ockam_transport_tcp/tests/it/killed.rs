//! Connections and listeners whose workers the program kills.

use crate::peer::Peer;
use crate::support::{TcpNode, eventually, soon};
use core::time::Duration;
use ockam_core::{ErrorKind, route};
use ockam_transport_tcp::{TcpConnection, TcpConnectionOptions, TcpListenerOptions, TcpReconnect};
use std::net::TcpListener as StdListener;

/// Says that this is the process of the test.
const OWN_PROCESS: &str = "OCKAM_TEST_KILLED_CONNECTIONS";

async fn gone(node: &TcpNode, connection: &TcpConnection) {
    for worker in [connection.address(), connection.receiver_address()] {
        eventually("it is gone", || !node.ctx.is_worker_registered_at(worker.clone())).await;
    }
    eventually("it is not listed", || node.tcp.connections().is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_ends_with_either_of_its_workers() {
    for (kills_sender, reconnects) in [(true, false), (false, false), (true, true), (false, true)] {
        let socket = StdListener::bind("127.0.0.1:0").unwrap();
        let node = TcpNode::new().await;
        let mut options = TcpConnectionOptions::new();
        if reconnects {
            options = options.with_reconnect(TcpReconnect::new());
        }
        let connection = node.tcp.connect(socket.local_addr().unwrap(), options).await.unwrap();
        let mut peer = Peer::accept(&socket);
        peer.say(&[1]);
        let (ctx, route) = (node.ctx.handle(), route![&connection, "echoer"]);
        let ask = tokio::spawn(async move {
            ctx.send_and_receive::<String>(route, "Hello".to_string()).await
        });
        peer.hear();
        let worker = match kills_sender {
            true => connection.address(),
            false => connection.receiver_address(),
        };
        soon(node.ctx.kill(worker.clone())).await.unwrap();
        peer.hear_end();
        let error = soon(ask).await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Stopped, "{error}");
        gone(&node, &connection).await;
        node.ctx.send(route![&connection, "echoer"], 7u8).await.unwrap_err();
        if reconnects {
            socket.set_nonblocking(true).unwrap();
            assert!(socket.accept().is_err(), "nobody connects again");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_killed_gives_its_port_back_and_is_not_listed() {
    let (node, listener) = TcpNode::echoing().await;
    let client = TcpNode::new().await;
    let connection = client.connect(&listener).await;
    let ask = |text: &str| {
        let route = route![connection.clone(), "echoer"];
        soon(client.ctx.send_and_receive::<String>(route, text.to_string()))
    };
    // Whoever has connected may not have been accepted.
    assert_eq!(ask("before").await.unwrap(), "before");
    let killed = soon(node.ctx.kill(&listener)).await.unwrap();
    assert!(killed.is_dropped());
    assert!(node.tcp.listeners().is_empty());
    let address = listener.socket_address().to_string();
    node.tcp.listen(&address, TcpListenerOptions::new()).await.unwrap();
    // Connections that were accepted stay.
    assert_eq!(ask("Hi").await.unwrap(), "Hi");
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// It runs in a process of its own: others open descriptors as well.
#[cfg(target_os = "linux")]
#[test]
fn no_descriptor_is_left_of_connections_whose_workers_were_killed() {
    let name = "killed::no_descriptor_is_left_of_connections_whose_workers_were_killed";
    if std::env::var_os(OWN_PROCESS).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        return { runtime }.worker_threads(2).enable_all().build().unwrap().block_on(kill_many());
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(OWN_PROCESS, "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn kill_many() {
    let (server, listener) = TcpNode::echoing().await;
    let client = TcpNode::new().await;
    let before = descriptors();
    for round in 0..40 {
        let connection = client.connect(&listener).await;
        let echo =
            client.ctx.send_and_receive::<String>(route![&connection, "echoer"], "1".to_string());
        soon(echo).await.unwrap();
        // One of the four halves of the two ends.
        let accepted = server.tcp.connections().pop().unwrap();
        let killed = match round % 4 {
            0 => client.ctx.kill(connection.address().clone()).await,
            1 => client.ctx.kill(connection.receiver_address().clone()).await,
            2 => server.ctx.kill(accepted.sender_address).await,
            _ => server.ctx.kill(accepted.receiver_address).await,
        };
        killed.unwrap();
        gone(&client, &connection).await;
        eventually("the other end is not listed", || server.tcp.connections().is_empty()).await;
        // What stays is the main function, the echoer and the listener.
        eventually("the other end is gone", || server.ctx.list_workers().len() == 3).await;
    }
    let begun = std::time::Instant::now();
    while descriptors() > before {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} > {before}", descriptors());
        tokio::task::yield_now().await;
    }
}
