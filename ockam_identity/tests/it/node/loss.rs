//! Loss of messages below a channel.

use super::log::Log;
use super::stage::{Echoer, Stage, echo, record, until};
use super::wire::{channel_over_the_wire, wire};
use ockam_core::{Address, TransportMessage, route};
use ockam_identity::{LOSS_TIMEOUT, SecureChannel};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;

/// A channel over a wire that loses as many messages to one of its ends as a test says.
struct Lossy {
    stage: Stage,
    channel: SecureChannel,
    losses: Arc<Losses>,
    passed: UnboundedReceiver<TransportMessage>,
}

#[derive(Default)]
struct Losses {
    /// Where messages to Alice arrive.
    alice: Mutex<Option<Address>>,
    to_alice: AtomicUsize,
    to_bob: AtomicUsize,
}

impl Losses {
    /// Decides whether a message is lost.
    fn passes(&self, message: &TransportMessage) -> bool {
        let mut alice = self.alice.lock().unwrap();
        // Message 1 says where she is.
        let alice = alice.get_or_insert_with(|| message.return_route.last().unwrap().clone());
        let is_to_alice = message.onward_route.last() == Some(alice);
        let left = if is_to_alice { &self.to_alice } else { &self.to_bob };
        let lose = |left: usize| left.checked_sub(1);
        left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, lose).is_err()
    }
}

async fn lossy() -> Lossy {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    let losses = Arc::new(Losses::default());
    let decide = Arc::clone(&losses);
    let passed = wire(&stage, move |message| decide.passes(message)).await;
    let channel = channel_over_the_wire(&stage).await;
    echo(&stage.ctx, &channel, vec![1]).await;
    Lossy { stage, channel, losses, passed }
}

impl Lossy {
    /// Sends messages to Bob of which none arrives.
    async fn lose(&mut self, messages: usize) {
        self.losses.to_bob.store(messages, Ordering::SeqCst);
        for _ in 0..messages {
            self.stage.ctx.send(route![&self.channel, "nobody"], 1u8).await.unwrap();
        }
        until(|| self.losses.to_bob.load(Ordering::SeqCst) == 0).await;
        while self.passed.try_recv().is_ok() {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_answers_again_after_any_number_of_messages_was_lost() {
    let log = Log::of_this_thread();
    let mut lossy = lossy().await;
    for lost in [1, 31, 32, 33, 34, 60, 1000, 8_000] {
        lossy.lose(lost).await;
        let begun = Instant::now();
        echo(&lossy.stage.ctx, &lossy.channel, vec![7]).await;
        assert!(begun.elapsed() < 2 * LOSS_TIMEOUT, "{lost} lost: {:?}", begun.elapsed());
        echo(&lossy.stage.ctx, &lossy.channel, vec![8]).await;
    }
    log.assert_says(&["messages were lost on the way", "lost: 32"]);
}

/// A stream does not wait for the timeout: the third message makes the loss certain.
#[tokio::test(start_paused = true)]
async fn what_follows_a_loss_arrives_in_order_and_once() {
    let mut lossy = lossy().await;
    let mut recorded = record(&lossy.stage.ctx, "recorder").await;
    lossy.stage.let_in("recorder");
    for _ in 0..3 {
        lossy.lose(50).await;
        let begun = Instant::now();
        for number in 0..40u8 {
            let route = route![&lossy.channel, "recorder"];
            lossy.stage.ctx.send(route, number).await.unwrap();
        }
        for number in 0..40u8 {
            assert_eq!(recorded.recv().await.unwrap().payload(), &[number][..]);
        }
        assert_eq!(begun.elapsed().as_millis(), 0);
        tokio::time::sleep(2 * LOSS_TIMEOUT).await;
        assert!(recorded.try_recv().is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_were_lost_do_not_end_the_channel_either() {
    let lossy = lossy().await;
    let Lossy { stage, channel, losses, .. } = &lossy;
    losses.to_alice.store(40, Ordering::SeqCst);
    for _ in 0..40 {
        // The answers arrive at the main function, or would.
        stage.ctx.send(route![channel, "echoer"], 1u8).await.unwrap();
    }
    until(|| losses.to_alice.load(Ordering::SeqCst) == 0).await;
    let begun = Instant::now();
    echo(&stage.ctx, channel, vec![7]).await;
    assert!(begun.elapsed() < 2 * LOSS_TIMEOUT);
}

/// Nothing is left of a channel that ends while it holds messages.
#[tokio::test(start_paused = true)]
async fn a_channel_that_ends_before_the_loss_is_certain_leaves_nothing() {
    let mut lossy = lossy().await;
    let workers = lossy.stage.ctx.list_workers().len();
    lossy.lose(50).await;
    let Lossy { stage, channel, .. } = &lossy;
    stage.ctx.send(route![channel, "echoer"], 1u8).await.unwrap();
    until(|| stage.ctx.list_workers().len() == workers + 1).await;
    channel.stop(&stage.ctx).await.unwrap();
    tokio::time::sleep(2 * LOSS_TIMEOUT).await;
    // Both ends have two workers.
    until(|| stage.ctx.list_workers().len() == workers - 5).await;
}
