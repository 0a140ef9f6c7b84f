//! Routing over links.

use crate::support::{Peer, pair, soon};
use ockam_core::{Address, ErrorKind, route};
use ockam_node::{MessageReceiveOptions, MessageSendReceiveOptions};
use ockam_transport_serial::MAX_MESSAGE_LEN;
use std::time::Duration;

#[tokio::test]
async fn messages_go_there_and_back_in_both_directions() {
    let [(here, link), (there, back)] = pair().await;
    for round in 0..200 {
        let body = format!("round {round} {}", "\0".repeat(round));
        let answer = here.send_and_receive::<String>(route![&link, "echoer"], body.clone());
        assert_eq!(soon(answer).await.unwrap(), body);
        let answer = there.send_and_receive::<String>(route![&back, "echoer"], body.clone());
        assert_eq!(soon(answer).await.unwrap(), body);
    }
    let (ours, theirs) = (link.statistics(), back.statistics());
    assert_eq!((ours.sent, ours.received, ours.damaged), (400, 400, 0));
    assert_eq!((theirs.sent, theirs.received, theirs.damaged), (400, 400, 0));
}

#[tokio::test]
async fn the_sender_takes_itself_off_the_route_and_the_receiver_puts_the_sender_in_front() {
    let (mut ctx, link, mut peer) = Peer::of_a_node().await;
    ctx.flow_controls().add_consumer("app", link.flow_control_id());
    soon(ctx.send(route![&link, "far", "away"], "Hello".to_string())).await.unwrap();
    let message = peer.read().await;
    assert_eq!(message.onward_route, route!["far", "away"]);
    assert_eq!(message.return_route, route!["app"]);

    peer.write(&Peer::frame("app", "Hello")).await;
    let received = soon(ctx.receive::<String>()).await.unwrap();
    assert_eq!(received.onward_route(), route!["app"]);
    assert_eq!(received.return_route(), route![&link, "peer"]);
}

#[tokio::test]
async fn only_consumers_of_the_link_and_answers_are_let_in() {
    let [(mut here, link), (there, back)] = pair().await;
    let route = route![&back, "app"];
    soon(there.send(route.clone(), "may not".to_string())).await.unwrap();
    soon(there.send(route![&back, "nobody"], "is not there".to_string())).await.unwrap();
    // A later message shows that those were processed, and that the link still works.
    let answer = there.send_and_receive::<String>(route![&back, "echoer"], "may".to_string());
    assert_eq!(soon(answer).await.unwrap(), "may");
    assert_eq!(link.statistics().refused, 2);

    here.flow_controls().add_consumer("app", link.flow_control_id());
    soon(there.send(route, "may now".to_string())).await.unwrap();
    let options = MessageReceiveOptions::new().with_timeout(Duration::from_secs(10));
    let received = soon(here.receive_extended::<String>(options)).await.unwrap();
    assert_eq!(received.body(), "may now");
}

#[tokio::test]
async fn a_message_that_is_too_long_is_the_error_of_its_asker_and_the_link_goes_on() {
    let [(here, link), _there] = pair().await;
    let long = "x".repeat(MAX_MESSAGE_LEN);
    let ask = here.send_and_receive::<String>(route![&link, "echoer"], long);
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    assert!(error.to_string().contains("too long for the serial link"), "{error}");
    let answer = here.send_and_receive::<String>(route![&link, "echoer"], "short".to_string());
    assert_eq!(soon(answer).await.unwrap(), "short");
}

#[tokio::test]
async fn a_route_that_ends_at_the_link_is_an_error_of_its_asker() {
    let [(here, link), _there] = pair().await;
    let ask = here.send_and_receive::<String>(Address::from(&link), "Hello".to_string());
    let error = soon(ask).await.unwrap_err();
    assert!(error.to_string().contains("name a worker after it"), "{error}");
}

#[tokio::test]
async fn a_full_mailbox_makes_the_line_wait_and_loses_nothing() {
    const MANY: usize = 300;
    let (mut ctx, link, mut peer) = Peer::of_a_node().await;
    let inbox = ctx.new_detached("inbox", ockam_core::AllowAll, ockam_core::AllowAll);
    let mut inbox = inbox.await.unwrap();
    ctx.flow_controls().add_consumer("inbox", link.flow_control_id());
    // More than the mailbox, the pump and the line hold together, at 40 bytes and more each.
    let writing = tokio::spawn(async move {
        for number in 0..MANY {
            let body = format!("{number} {}", "y".repeat(100));
            peer.write(&Peer::frame("inbox", &body)).await;
        }
        peer
    });
    for number in 0..MANY {
        let received = soon(inbox.receive::<String>()).await.unwrap();
        assert!(received.as_body().starts_with(&format!("{number} ")), "{number}: {received}");
    }
    let _peer = soon(writing).await.unwrap();
    let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_secs(10));
    let answer = ctx.send_and_receive_extended::<String>("echoer", "alive".to_string(), options);
    assert_eq!(soon(answer).await.unwrap().body(), "alive");
    soon(ctx.stop()).await.unwrap();
}
