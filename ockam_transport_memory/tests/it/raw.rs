//! A peer driven by the test: its frames are read according to the protocol.

use crate::support::{Echoer, ms};
use ockam_core::{Decoded, FrameDecoder, TransportMessage, encode, encode_frame, route};
use ockam_transport_memory::{LinkEnd, LinkOptions, MemoryNode, Network, RawEnd, simulate};

async fn bob() -> (Network, MemoryNode, LinkEnd, RawEnd) {
    let network = Network::new(1);
    let bob = network.node("bob").unwrap();
    let (end, raw) = network.raw_link(&bob, LinkOptions::new()).await.unwrap();
    bob.start_worker("echoer", Echoer).await.unwrap();
    bob.flow_controls().add_consumer("echoer", end.flow_control_id());
    (network, bob, end, raw)
}

fn frame(onward: impl Into<ockam_core::Route>, text: &str) -> Vec<u8> {
    let payload = encode(&text.to_string()).unwrap();
    let mut frame = Vec::new();
    encode_frame(&TransportMessage::new(onward, "me", payload), &mut frame).unwrap();
    frame
}

fn read(frame: &[u8]) -> TransportMessage {
    let mut decoder = FrameDecoder::without_preface();
    decoder.handle_input(frame);
    match decoder.poll_message() {
        Ok(Some(Decoded::Message(message))) if !decoder.is_mid_frame() => message,
        other => panic!("not one message: {other:?}"),
    }
}

#[test]
fn frames_go_in_and_frames_come_out() {
    simulate(async {
        let (_network, _bob, _end, raw) = bob().await;
        raw.send(frame("echoer", "Hello")).await.unwrap();
        let answer = read(&raw.receive(ms(1000)).await.unwrap());
        assert_eq!(answer.onward_route, route!["me"]);
        assert_eq!(answer.return_route, route!["echoer"]);
        assert_eq!(answer.payload, encode(&"Hello".to_string()).unwrap());
        assert!(raw.receive(ms(1000)).await.is_err());
    });
}

#[test]
fn a_receiver_puts_the_sender_of_its_link_in_front_of_the_return_route() {
    simulate(async {
        let (_network, mut bob, end, raw) = bob().await;
        bob.flow_controls().add_consumer("app", end.flow_control_id());
        raw.send(frame("app", "Hello")).await.unwrap();
        let message = bob.receive::<String>().await.unwrap();
        assert_eq!(message.return_route(), route![&end, "me"]);
        assert_eq!(message.onward_route(), route!["app"]);
        assert!(message.local_info().is_empty());
    });
}

#[test]
fn heartbeats_and_routes_over_the_limit_are_ignored() {
    simulate(async {
        let (_network, _bob, end, raw) = bob().await;
        raw.send(frame(route![], "beat")).await.unwrap();
        let long: ockam_core::Route = (0..40).map(|_| "h".into()).collect();
        raw.send(frame(route!["echoer", long], "long")).await.unwrap();
        raw.send(frame("echoer", "Hello")).await.unwrap();
        assert_eq!(read(&raw.receive(ms(1000)).await.unwrap()).onward_route, route!["me"]);
        assert!(end.is_open());
    });
}

#[test]
fn bytes_that_are_no_message_end_the_link() {
    simulate(async {
        for bytes in [vec![0, 0, 0, 0], vec![0, 0, 0, 1, 0xff], vec![0xff; 64]] {
            let (_network, bob, end, raw) = bob().await;
            raw.send(frame("echoer", "before")).await.unwrap();
            raw.send(bytes).await.unwrap();
            crate::support::eventually("the link has ended", || !end.is_open()).await;
            let gone = || !bob.is_worker_registered_at(end.address().clone());
            crate::support::eventually("its sender is gone", gone).await;
            assert!(raw.send(frame("echoer", "after")).await.is_err());
        }
    });
}

#[test]
fn a_dropped_peer_is_the_end_of_the_link() {
    simulate(async {
        let (_network, _bob, end, raw) = bob().await;
        drop(raw);
        crate::support::eventually("the link has ended", || !end.is_open()).await;
    });
}
