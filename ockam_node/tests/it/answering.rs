//! Answers to messages from outside, when the connection that they leave by stands still.

use crate::support::node;
use ockam_core::{
    Any, ErrorKind, LocalMessage, NeutralMessage, Result, Routed, TransportMessage, Worker, route,
};
use ockam_node::{
    ANSWER_PATIENCE, Context, DeadLetterReason, SendError, SendErrorReason, StopOrder,
    WorkerBuilder,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

/// Carries messages to another node, one for each permit.
struct Connection {
    permits: Arc<Semaphore>,
    /// It gets on with a message every so often.
    step: Option<Duration>,
}

impl Worker for Connection {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<Any>) -> Result<()> {
        loop {
            let permit = self.permits.acquire();
            let Some(step) = self.step else {
                permit.await.unwrap().forget();
                return Ok(());
            };
            if let Ok(permit) = tokio::time::timeout(step, permit).await {
                permit.unwrap().forget();
                return Ok(());
            }
            ctx.made_progress();
        }
    }
}

/// A channel over a connection.
struct Channel;

impl Worker for Channel {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let payload = msg.into_local_message().payload().to_vec();
        ctx.send(route!["connection", "far"], NeutralMessage::from(payload)).await
    }
}

/// Answers, and says what became of the answer.
struct Echoer(mpsc::UnboundedSender<(u8, Result<()>, Instant)>);

impl Worker for Echoer {
    type Context = Context;
    type Message = u8;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u8>) -> Result<()> {
        let (route, number) = (msg.return_route(), msg.body());
        let outcome = ctx.send(route, number).await;
        let _ = self.0.send((number, outcome, Instant::now()));
        Ok(())
    }
}

struct Setup {
    ctx: Context,
    permits: Arc<Semaphore>,
    outcomes: mpsc::UnboundedReceiver<(u8, Result<()>, Instant)>,
}

impl Setup {
    /// A node with a connection, a channel over it, and an echoer; each mailbox of the way out has
    /// room for one message.
    async fn new(step: Option<Duration>) -> Self {
        let ctx = node();
        let permits = Arc::new(Semaphore::new(0));
        let connection = Connection { permits: Arc::clone(&permits), step };
        WorkerBuilder::new(connection)
            .with_address("connection")
            .with_mailbox_capacity(1)
            .with_stop_order(StopOrder::Transport)
            .start(&ctx)
            .await
            .unwrap();
        WorkerBuilder::new(Channel)
            .with_address("channel")
            .with_mailbox_capacity(1)
            .with_stop_order(StopOrder::Channel)
            .start(&ctx)
            .await
            .unwrap();
        let (sender, outcomes) = mpsc::unbounded_channel();
        ctx.start_worker("echoer", Echoer(sender)).await.unwrap();
        Setup { ctx, permits, outcomes }
    }

    /// A peer asks the echoer.
    async fn ask(&self, by: &str, number: u8) {
        let asked = TransportMessage::new("echoer", route![by, "asker"], vec![number]);
        self.ctx.forward(LocalMessage::from(asked)).await.unwrap();
    }

    fn stalled(&self) -> u64 {
        self.ctx.dead_letters().count(DeadLetterReason::Stalled)
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_waits_no_longer_for_a_connection_that_makes_no_progress() {
    let mut setup = Setup::new(None).await;
    let begun = Instant::now();
    // One is in the hands of the connection, one in its mailbox, and the third finds no room.
    for number in 0..5 {
        setup.ask("connection", number).await;
    }
    for number in 0..5 {
        let (answered, outcome, at) = setup.outcomes.recv().await.unwrap();
        assert_eq!(answered, number);
        assert_eq!(outcome.is_ok(), number < 2, "{number}: {outcome:?}");
        if let Err(error) = outcome {
            assert_eq!(error.kind(), ErrorKind::Full);
            let error = error.downcast::<SendError>().unwrap();
            assert!(matches!(error.reason(), SendErrorReason::Stalled { .. }));
            assert_eq!((at - begun).as_secs(), ANSWER_PATIENCE.as_secs(), "waited for once");
        }
    }
    assert_eq!(setup.stalled(), 3);
    // What is said on the program's own account waits all the same, and when the connection goes
    // on, so do answers.
    let handle = setup.ctx.handle();
    let own = tokio::spawn(async move { handle.send(route!["connection", "far"], 7u8).await });
    tokio::time::sleep(60 * ANSWER_PATIENCE).await;
    assert!(!own.is_finished());
    setup.permits.add_permits(100);
    own.await.unwrap().unwrap();
    setup.ask("connection", 5).await;
    assert!(setup.outcomes.recv().await.unwrap().1.is_ok());
    assert_eq!(setup.stalled(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_waits_for_a_connection_that_gets_on() {
    let mut setup = Setup::new(Some(ANSWER_PATIENCE / 2)).await;
    for number in 0..5 {
        setup.ask("connection", number).await;
    }
    tokio::time::sleep(60 * ANSWER_PATIENCE).await;
    assert_eq!(setup.stalled(), 0);
    setup.permits.add_permits(5);
    for _ in 0..5 {
        assert!(setup.outcomes.recv().await.unwrap().1.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_through_a_channel_waits_for_the_connection_below_as_one_over_it() {
    for gets_on in [true, false] {
        let mut setup = Setup::new(gets_on.then_some(ANSWER_PATIENCE / 2)).await;
        for number in 0..10 {
            setup.ask("channel", number).await;
        }
        tokio::time::sleep(60 * ANSWER_PATIENCE).await;
        assert_eq!(setup.stalled() > 0, !gets_on);
        setup.permits.add_permits(20);
        let mut sent = 0;
        for _ in 0..10 {
            sent += u64::from(setup.outcomes.recv().await.unwrap().1.is_ok());
        }
        assert_eq!(sent + setup.stalled(), 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_passed_on_to_another_connection_is_no_answer() {
    let setup = Setup::new(None).await;
    let (sender, mut arrived) = mpsc::unbounded_channel();
    setup.ctx.start_worker("relay", Relay(sender)).await.unwrap();
    for number in 0..4u8 {
        let message = TransportMessage::new("relay", route!["elsewhere", "asker"], vec![number]);
        setup.ctx.forward(LocalMessage::from(message)).await.unwrap();
    }
    tokio::time::sleep(60 * ANSWER_PATIENCE).await;
    assert_eq!((setup.stalled(), arrived.len()), (0, 2), "the third waits");
    setup.permits.add_permits(4);
    for number in 0..4 {
        assert_eq!(arrived.recv().await, Some(number));
    }
}

/// Passes messages on to the connection.
struct Relay(mpsc::UnboundedSender<u8>);

impl Worker for Relay {
    type Context = Context;
    type Message = u8;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u8>) -> Result<()> {
        let number = msg.body();
        ctx.send(route!["connection", "far"], number).await?;
        let _ = self.0.send(number);
        Ok(())
    }
}

/// Tells that it has begun a message, and waits for a permit to end it.
struct Step(mpsc::UnboundedSender<()>, Arc<Semaphore>);

impl Worker for Step {
    type Context = Context;
    type Message = u8;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<u8>) -> Result<()> {
        let _ = self.0.send(());
        self.1.acquire().await.unwrap().forget();
        Ok(())
    }
}

#[tokio::test]
async fn progress_is_seen_of_each_message_though_many_are_taken_out_at_a_time() {
    let (ctx, permits) = (node(), Arc::new(Semaphore::new(0)));
    let (begun, mut begins) = mpsc::unbounded_channel();
    ctx.start_worker("step", Step(begun, Arc::clone(&permits))).await.unwrap();
    for number in 0..20u8 {
        ctx.send("step", number).await.unwrap();
    }
    let mut known = ctx.progress_at(&"nowhere".into());
    assert_eq!(known, None);
    for _ in 0..20 {
        begins.recv().await.unwrap();
        let now = ctx.progress_at(&"step".into());
        assert_ne!(now, known);
        known = now;
        permits.add_permits(1);
    }
}
