//! The end of links.

use crate::support::{Echoer, Nowhere, Peer, node, pair, soon};
use embedded_io_async::{ErrorType, Read};
use ockam_core::{ErrorKind, route};
use ockam_node::{Context, LinkKind, LinkState, NodeBuilder};
use ockam_transport_serial::{MAX_READ_ERRORS, SerialLink, SerialLinkOptions};
use std::io;
use tokio::io::duplex;

/// Waits until the workers of a link have left the node.
async fn gone(ctx: &Context, workers: usize) {
    while ctx.list_workers().len() > workers {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn asks_over_a_line_that_ends_fail_at_once_and_later_senders_hear_why() {
    let (ctx, link, peer) = Peer::of_a_node().await;
    let ask = ctx.send_and_receive::<String>(route![&link, "silent"], "Hello".to_string());
    let hang_up = async {
        let mut peer = peer;
        peer.read().await;
    };
    let (answer, ()) = soon(async { tokio::join!(ask, hang_up) }).await;
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("the serial line has ended"), "{error}");
    assert_eq!(soon(link.ended()).await, "the serial line has ended");
    soon(gone(&ctx, 2)).await;
    let error = ctx.send(route![&link, "silent"], "Hello".to_string()).await.unwrap_err();
    assert!(error.to_string().contains("the serial line has ended"), "{error}");
}

#[tokio::test]
async fn a_link_is_listed_until_it_ends_and_says_why_it_is_down() {
    let (ctx, link, peer) = Peer::of_a_node().await;
    let mut watch = link.watch();
    let links = ctx.links();
    assert_eq!((links[0].kind, &links[0].address), (LinkKind::Connection, link.address()));
    assert_eq!((&links[0].state, link.state()), (&LinkState::Up, LinkState::Up));
    drop(peer);
    let state = soon(watch.changed()).await;
    assert_eq!(
        (state.to_string().as_str(), &link.state()),
        ("down: the serial line has ended", &state)
    );
    soon(gone(&ctx, 2)).await;
    assert!(watch.is_over() && ctx.links().is_empty());
}

#[tokio::test]
async fn a_new_link_takes_the_place_of_one_that_ended() {
    let (ctx, link, peer) = Peer::of_a_node().await;
    drop(peer);
    soon(link.ended()).await;
    let (left, right) = duplex(256);
    let there = node().await;
    let link = SerialLink::over(&ctx, left, SerialLinkOptions::new()).await.unwrap();
    let back = SerialLink::over(&there, right, SerialLinkOptions::new()).await.unwrap();
    there.flow_controls().add_consumer("echoer", back.flow_control_id());
    let answer = ctx.send_and_receive::<String>(route![&link, "echoer"], "again".to_string());
    assert_eq!(soon(answer).await.unwrap(), "again");
}

#[tokio::test]
async fn a_link_that_is_stopped_writes_what_is_queued_and_leaves_nothing_behind() {
    let (ctx, link, mut peer) = Peer::of_a_node().await;
    for number in 0..10 {
        soon(ctx.send(route![&link, "far"], format!("{number}"))).await.unwrap();
    }
    soon(link.stop()).await.unwrap();
    for number in 0..10 {
        assert_eq!(peer.read_body().await, format!("{number}"));
    }
    assert_eq!(ctx.list_workers().len(), 2);
    assert!(soon(link.ended()).await.contains("was stopped"));
    soon(link.stop()).await.unwrap();
}

#[tokio::test]
async fn the_stop_of_a_node_waits_until_the_line_has_what_was_sent() {
    let (mut ctx, link, mut peer) = Peer::of_a_node().await;
    for number in 0..10 {
        soon(ctx.send(route![&link, "far"], format!("{number}"))).await.unwrap();
    }
    soon(ctx.stop()).await.unwrap();
    assert_eq!(link.statistics().sent, 10);
    for number in 0..10 {
        assert_eq!(peer.read_body().await, format!("{number}"));
    }
}

#[tokio::test]
async fn both_ends_stop_while_messages_are_under_way() {
    let [(mut here, link), (mut there, back)] = pair().await;
    let flood = |ctx: &Context, link: &SerialLink| {
        let (handle, route) = (ctx.handle(), route![link, "echoer"]);
        tokio::spawn(
            async move { while handle.send(route.clone(), "x".to_string()).await.is_ok() {} },
        )
    };
    let floods = [flood(&here, &link), flood(&there, &back)];
    let answer = here.send_and_receive::<String>(route![&link, "echoer"], "x".to_string());
    soon(answer).await.unwrap();
    // Cut off or not: both ends are over.
    let _ = soon(async { tokio::join!(here.stop(), there.stop()) }).await;
    for flood in floods {
        soon(flood).await.unwrap();
    }
}

/// A port with an error for every read.
struct Broken;

impl ErrorType for Broken {
    type Error = io::Error;
}

impl Read for Broken {
    async fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("framing"))
    }
}

#[tokio::test]
async fn a_reader_with_nothing_but_errors_ends_the_link_after_some() {
    let ctx = NodeBuilder::new().build().unwrap();
    let (link, pump) = SerialLink::start(&ctx, SerialLinkOptions::new()).await.unwrap();
    let error = soon(pump.run(Broken, Nowhere)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("framing"), "{error}");
    assert_eq!(link.statistics().read_errors, MAX_READ_ERRORS);
    soon(gone(&ctx, 1)).await;
}

#[tokio::test]
async fn a_pump_that_is_dropped_ends_its_link() {
    let ctx = NodeBuilder::new().build().unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let (link, pump) = SerialLink::start(&ctx, SerialLinkOptions::new()).await.unwrap();
    drop(pump);
    assert!(soon(link.ended()).await.contains("the pump"));
    soon(gone(&ctx, 2)).await;
}
