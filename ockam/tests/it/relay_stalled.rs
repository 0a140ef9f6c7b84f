//! A relay over TCP whose owner stands still: it holds up no one else.

use crate::support::PATIENCE;
use ockam::dead_letter::DeadLetterReason;
use ockam::remote::RemoteRelayOptions;
use ockam::workers::Echoer;
use ockam::{
    NeutralMessage, NodeBuilder, RelayService, RelayServiceOptions, TcpConnectionOptions,
    TcpListenerOptions, TcpTransportExtension, node, route,
};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tokio::time::timeout;

/// Registers a relay, and then stands still as a whole, with its connection open, until it is told to
/// end.
fn frozen_owner(middle: SocketAddr) -> (mpsc::Sender<()>, thread::JoinHandle<()>) {
    let (end, ended) = mpsc::channel();
    let (ready, is_ready) = mpsc::channel();
    let owner = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let _relay = runtime.block_on(register(middle, "frozen"));
        ready.send(()).unwrap();
        // Its runtime runs nothing from here on.
        let _ = ended.recv();
    });
    is_ready.recv().unwrap();
    (end, owner)
}

async fn register(middle: SocketAddr, name: &str) -> ockam::Node {
    let owner = node(NodeBuilder::new().build().unwrap());
    owner.start_worker("echoer", Echoer).await.unwrap();
    let tcp = owner.create_tcp_transport().await.unwrap();
    let up = tcp.connect(middle, TcpConnectionOptions::new()).await.unwrap();
    let options = RemoteRelayOptions::new().with_consumer("echoer");
    owner.create_static_relay(&up, name, options).await.unwrap();
    owner
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_whose_owner_stands_still_holds_up_no_one_else() {
    let middle = node(NodeBuilder::new().build().unwrap());
    let tcp = middle.create_tcp_transport().await.unwrap();
    let options = TcpListenerOptions::new().with_consumer_stall_timeout(Duration::from_millis(300));
    let listener = tcp.listen("127.0.0.1:0", options).await.unwrap();
    let flow = listener.flow_control_id();
    let options = RelayServiceOptions::new().service_as_consumer(flow).relay_as_consumer(flow);
    RelayService::create(
        &middle,
        "forwarding_service",
        options.with_alias("static_forwarding_service"),
    )
    .await
    .unwrap();
    middle.start_worker("echoer", Echoer).await.unwrap();
    middle.flow_controls().add_consumer("echoer", flow);
    let address = listener.socket_address();
    let (end, frozen) = tokio::task::block_in_place(|| frozen_owner(address));
    let _living = register(address, "living").await;

    let user = node(NodeBuilder::new().build().unwrap());
    let tcp = user.create_tcp_transport().await.unwrap();
    let up = tcp.connect(address, TcpConnectionOptions::new()).await.unwrap();
    // More than the sockets, both mailboxes and what waits at the user's connection take.
    for _ in 0..5_000 {
        let body = NeutralMessage::from(vec![0; 8 * 1024]);
        let sent = user.send(route![&up, "forward_to_frozen", "echoer"], body);
        timeout(PATIENCE, sent).await.unwrap().unwrap();
    }
    for through in [route![&up, "echoer"], route![&up, "forward_to_living", "echoer"]] {
        let answer = user.send_and_receive::<String>(through.clone(), "Hello".to_string());
        assert_eq!(timeout(PATIENCE, answer).await.unwrap().unwrap(), "Hello", "{through}");
    }
    assert!(middle.dead_letters().count(DeadLetterReason::Stalled) > 0);
    drop(end);
    tokio::task::block_in_place(|| frozen.join().unwrap());
}
