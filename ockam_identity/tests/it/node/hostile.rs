//! Peers that violate the protocol.

use super::log::Log;
use super::stage::{Echoer, LISTENER, Stage, echo, record, soon, until};
use super::wire::{WIRE, channel_over_the_wire, wire};
use ockam_core::{Address, Any, ErrorKind, LocalMessage, NeutralMessage, TransportMessage, route};
use ockam_identity::{HALF_OPEN_LIFETIME, MAX_HALF_OPEN, SecureChannelOptions};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Begins handshakes and never finishes one.
async fn flood(stage: &Stage, messages: usize) {
    for number in 0..messages {
        let mut key = [9; 32];
        key[..8].copy_from_slice(&number.to_le_bytes());
        stage.ctx.send(LISTENER, NeutralMessage::from(key.to_vec())).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn handshakes_without_an_end_are_so_many_and_honest_peers_get_through() {
    let mut stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let before = stage.ctx.list_workers().len();
    // Their answers arrive at the main function, which throws them away.
    let attempts = 10_000;
    for _ in 0..attempts / 100 {
        flood(&stage, 100).await;
        while let Ok(Some(_)) = stage.ctx.try_receive::<Any>() {}
        // A responder that has to end is counted until it has ended.
        until(|| stage.ctx.list_workers().len() - before <= MAX_HALF_OPEN).await;
    }
    let channel = stage.channel().await;
    echo(&stage.ctx, &channel, vec![1]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_is_not_finished_ends_in_time_and_channels_do_not() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    echo(&stage.ctx, &channel, vec![1]).await;
    let before = stage.ctx.list_workers();
    flood(&stage, 5).await;
    until(|| stage.ctx.list_workers().len() == before.len() + 5).await;
    tokio::time::sleep(HALF_OPEN_LIFETIME - std::time::Duration::from_secs(1)).await;
    assert_eq!(stage.ctx.list_workers().len(), before.len() + 5);
    tokio::time::sleep(HALF_OPEN_LIFETIME + std::time::Duration::from_secs(2)).await;
    until(|| stage.ctx.list_workers() == before).await;
    echo(&stage.ctx, &channel, vec![2]).await;
}

#[tokio::test]
async fn nonsense_instead_of_message_1_leaves_nothing() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    let before = stage.ctx.list_workers();
    for nonsense in [vec![], vec![1; 31], vec![0; 32], vec![7; 70_000]] {
        stage.ctx.send(LISTENER, NeutralMessage::from(nonsense)).await.unwrap();
    }
    for reason in [
        "the handshake message of 0 bytes is too short",
        "the handshake message of 31 bytes is too short",
        "the peer's key is weak: every agreement with it yields zero",
        "the handshake message of 70000 bytes is longer than the limit",
    ] {
        until(|| log.says(reason)).await;
    }
    // Their responders end.
    until(|| stage.ctx.list_workers() == before).await;
    stage.channel().await;
}

#[tokio::test]
async fn messages_that_are_changed_repeated_or_made_up_are_dropped_and_the_channel_goes_on() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    let mut recorded = record(&stage.ctx, "recorder").await;
    stage.let_in("echoer");
    stage.let_in("recorder");
    let lets_pass = Arc::new(AtomicBool::new(true));
    let passes = Arc::clone(&lets_pass);
    let mut passed = wire(&stage, move |_| passes.load(Ordering::SeqCst)).await;
    let channel = channel_over_the_wire(&stage).await;
    // Three of the handshake, and the confirmation.
    for _ in 0..4 {
        soon(passed.recv()).await.unwrap();
    }
    lets_pass.store(false, Ordering::SeqCst);
    stage.ctx.send(route![&channel, "recorder"], 7u8).await.unwrap();
    let message = soon(passed.recv()).await.unwrap();
    lets_pass.store(true, Ordering::SeqCst);
    let inject = |payload: Vec<u8>| {
        let message = TransportMessage::new(message.onward_route.clone(), route!["app"], payload);
        stage.ctx.forward(LocalMessage::from(message))
    };
    let bytes: Vec<u8> = message.payload.to_vec();
    // Before and after the message itself.
    for _ in 0..2 {
        for byte in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[byte] ^= 1 << (byte % 8);
            inject(changed).await.unwrap();
        }
        inject(bytes.clone()).await.unwrap();
        for made_up in [vec![], vec![0; 23], vec![0xff; 24], vec![0xff; 1000]] {
            inject(made_up).await.unwrap();
        }
    }
    assert_eq!(soon(recorded.recv()).await.unwrap().payload(), &[7][..]);
    // A far number, and the one that no message has.
    for number in [33, u64::MAX - 1, u64::MAX] {
        let far = [&u64::to_be_bytes(number)[..], &bytes[8..]].concat();
        inject(far).await.unwrap();
    }
    echo(&stage.ctx, &channel, vec![1]).await;
    assert!(recorded.try_recv().is_err());
    log.assert_says(&[
        "channel message 0 is not authentic",
        "channel message 0 was received before",
        "the channel message of 23 bytes is too short",
        "channel message 33 is more than",
    ]);
}

/// A changed handshake message creates no channel; the next attempt does.
#[tokio::test(start_paused = true)]
async fn a_changed_message_of_the_handshake_makes_no_channel() {
    let log = Log::of_this_thread();
    let stage = Stage::new().await;
    let mut rest = 0;
    let change = move |message: &mut TransportMessage| {
        // Message 2 of the first attempt is the first that is longer than a key.
        if message.payload.len() > 100 && rest == 0 {
            rest += 1;
            message.payload[40] ^= 1;
        }
        true
    };
    let _passed = wire(&stage, change).await;
    let options = || SecureChannelOptions::new().with_timeout(std::time::Duration::from_secs(5));
    let failed = stage.channel_over(route![WIRE, LISTENER], options()).await;
    assert_eq!(failed.unwrap_err().kind(), ockam_core::ErrorKind::TimedOut);
    log.assert_says(&["the handshake message is not accepted"]);
    stage.channel_over(route![WIRE, LISTENER], options()).await.unwrap();
}

#[tokio::test]
async fn made_up_answers_do_not_keep_the_right_one_from_being_taken() {
    let stage = Stage::new().await;
    let handle = stage.ctx.handle();
    let change = move |message: &mut TransportMessage| {
        if message.payload.len() > 100 {
            // In front of message 2, to the same address.
            let made_up =
                TransportMessage::new(message.onward_route.clone(), route!["app"], vec![9; 300]);
            let forged = handle.forward(LocalMessage::from(made_up));
            let mut forged = std::pin::pin!(forged);
            let waker = std::task::Waker::noop();
            let _ = forged.as_mut().poll(&mut std::task::Context::from_waker(waker));
        }
        true
    };
    let _passed = wire(&stage, change).await;
    channel_over_the_wire(&stage).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_message_3_leaves_the_responder_waiting_and_a_later_channel_works() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let mut long = 0;
    let change = move |message: &mut TransportMessage| {
        let is_long = message.payload.len() > 100;
        long += usize::from(is_long);
        !(is_long && long == 2)
    };
    let mut passed = wire(&stage, change).await;
    let options = SecureChannelOptions::new().with_timeout(std::time::Duration::from_secs(5));
    let error = stage.channel_over(route![WIRE, LISTENER], options).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
    let answered = format!("{} has answered, and has not said", stage.bob);
    assert!(error.to_string().contains(&answered), "{error}");
    // The close that Alice's end leaves behind is no message 3.
    for _ in 0..4 {
        soon(passed.recv()).await.unwrap();
    }
    let works = channel_over_the_wire(&stage).await;
    echo(&stage.ctx, &works, vec![1]).await;
}

#[tokio::test]
async fn a_close_that_somebody_made_up_closes_nothing() {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let channel = stage.channel().await;
    let decryptors: Vec<Address> = stage.ctx.list_workers();
    let close = [&[0; 8][..], b"\x82\x82\x02\x80\x40", &[0; 16]].concat();
    for address in decryptors.into_iter().filter(|address| address.len() == 32) {
        // Not every one of them takes messages.
        let _ = stage.ctx.send(address, NeutralMessage::from(close.clone())).await;
    }
    echo(&stage.ctx, &channel, vec![1]).await;
}
