//! Lines with noise on them.

use crate::support::{Peer, soon};
use ockam_transport_serial::MAX_MESSAGE_LEN;

/// The same numbers each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[tokio::test]
async fn noise_between_frames_is_counted_and_costs_no_message() {
    let (_ctx, link, mut peer) = Peer::of_a_node().await;
    let mut numbers = Numbers(0x5eed);
    for round in 0..300 {
        let noise: Vec<u8> = (0..numbers.next() % 40).map(|_| numbers.next() as u8).collect();
        peer.write(&noise).await;
        let body = format!("round {round}");
        peer.write(&Peer::frame("echoer", &body)).await;
        assert_eq!(peer.read_body().await, body);
    }
    let statistics = link.statistics();
    assert_eq!((statistics.received, statistics.sent), (300, 300));
    assert!(statistics.damaged > 200, "{statistics:?}");
}

#[tokio::test]
async fn wrong_bits_inside_of_frames_never_become_a_message() {
    let (_ctx, link, mut peer) = Peer::of_a_node().await;
    let mut numbers = Numbers(0xb17);
    for round in 0..300 {
        let body = format!("round {round}");
        let mut broken = Peer::frame("echoer", &body);
        let bit = numbers.next() as usize % (broken.len() * 8);
        broken[bit / 8] ^= 1 << (bit % 8);
        peer.write(&broken).await;
        let body = format!("after {round}");
        peer.write(&Peer::frame("echoer", &body)).await;
        // A damaged delimiter costs nothing if another delimiter is next to it.
        let mut answer = peer.read_body().await;
        if answer.starts_with("round") {
            assert!(bit < 8 || bit >= (broken.len() - 1) * 8, "bit {bit} was not noticed");
            answer = peer.read_body().await;
        }
        assert_eq!(answer, body);
    }
    assert!(link.statistics().damaged > 250);
}

#[tokio::test]
async fn a_peer_that_is_reset_in_the_middle_of_a_frame_is_heard_again() {
    let (_ctx, link, mut peer) = Peer::of_a_node().await;
    let frame = Peer::frame("echoer", "cut off");
    for cut in 2..frame.len() - 1 {
        peer.write(&frame[..cut]).await;
        peer.write(&Peer::frame("echoer", "again")).await;
        assert_eq!(peer.read_body().await, "again");
        assert_eq!(link.statistics().damaged, cut - 1);
    }
}

#[tokio::test]
async fn endless_noise_is_one_fault_and_takes_no_memory() {
    let (_ctx, link, mut peer) = Peer::of_a_node().await;
    for _ in 0..100 {
        peer.write(&[0x55; MAX_MESSAGE_LEN]).await;
    }
    peer.write(&Peer::frame("echoer", "quiet")).await;
    assert_eq!(peer.read_body().await, "quiet");
    assert_eq!(link.statistics().too_long, 1);
}

#[tokio::test]
async fn a_frame_without_a_message_is_counted_and_the_link_goes_on() {
    let (_ctx, link, mut peer) = Peer::of_a_node().await;
    let mut line = Vec::new();
    for message in [&b"no message"[..], b"", b"\x83\x80\x80\x40"] {
        ockam_transport_serial::write_frame(message, &mut line);
    }
    line.extend(Peer::frame("echoer", "a message"));
    peer.write(&line).await;
    assert_eq!(peer.read_body().await, "a message");
    let statistics = link.statistics();
    assert_eq!((statistics.undecodable, statistics.heartbeats), (2, 1));
    assert!(soon(async { link.statistics().received }).await == 1);
}
