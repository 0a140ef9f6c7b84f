//! A budget of bytes that mailboxes share: who waits at it, who gets in, and that all is given back.

use crate::support::{Gate, eventually, node, poll, settle, soon};
use ockam_core::{Any, ErrorKind, NeutralMessage, Result, Routed, Worker};
use ockam_node::{ByteBudget, Context, SendErrorReason, StopOptions, WorkerBuilder};
use std::future::Future;
use std::pin::Pin;
use tokio::sync::mpsc;

type Sending = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// How many bytes each mailbox holds beside the budget, and how many it may hold at all.
const OWN: usize = 100;
const MOST: usize = 1000;

/// Enters its gate with each message, shows the length of its body then, and panics if that is 13.
struct Slow(Gate, mpsc::UnboundedSender<usize>);

impl Worker for Slow {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        self.0.enter().await;
        let _ = self.1.send(msg.payload().len());
        assert_ne!(msg.payload().len(), 13);
        Ok(())
    }
}

fn body(len: usize) -> NeutralMessage {
    vec![7; len].into()
}

/// A worker that is at its gate with an empty message.
async fn busy(
    ctx: &Context,
    budget: &ByteBudget,
    address: &str,
) -> (Gate, mpsc::UnboundedReceiver<usize>) {
    let (gate, (sender, taken)) = (Gate::new(), mpsc::unbounded_channel());
    let slow = WorkerBuilder::new(Slow(gate.clone(), sender)).with_address(address);
    let slow = slow.with_mailbox_bytes(MOST as u32).with_byte_budget(budget, OWN as u32);
    slow.start(ctx).await.unwrap();
    ctx.send(address, body(0)).await.unwrap();
    gate.reached().await;
    (gate, taken)
}

/// A send that stands in line from here on.
fn stand(ctx: &Context, address: &'static str, len: usize) -> Sending {
    let handle = ctx.handle();
    let mut sending: Sending = Box::pin(async move { handle.send(address, body(len)).await });
    assert!(poll(sending.as_mut()).is_pending());
    sending
}

/// Sends messages of 50 bytes until no more gets in, and returns how many did.
fn fill(ctx: &Context, address: &str) -> usize {
    (0..).take_while(|_| ctx.try_send(address, body(50)).is_ok()).count()
}

#[tokio::test]
async fn workers_that_share_a_budget_hold_it_and_their_own_and_no_more() {
    let (ctx, budget) = (node(), ByteBudget::new(1500));
    let mut workers = Vec::new();
    for address in ["a", "b", "c", "d"] {
        workers.push(busy(&ctx, &budget, address).await);
    }
    // Up to the mailbox's bound, then what is left of the budget, then what is its own.
    assert_eq!(fill(&ctx, "a"), MOST / 50);
    assert_eq!(budget.held(), MOST - OWN);
    assert_eq!(fill(&ctx, "b"), (OWN + 1500 - (MOST - OWN)) / 50);
    assert!(budget.is_taken());
    assert_eq!((fill(&ctx, "c"), fill(&ctx, "d")), (OWN / 50, OWN / 50));
    assert_eq!(budget.held(), 1500);
    // What one gives back another one gets.
    workers[0].0.open(100);
    eventually("it is drained", || budget.held() == 1500 - (MOST - OWN)).await;
    assert_eq!(fill(&ctx, "c"), (MOST - OWN) / 50);
    workers.iter().for_each(|(gate, _)| gate.open(100));
    eventually("all is given back", || budget.held() == 0).await;
}

#[tokio::test]
async fn a_message_that_a_taken_budget_keeps_out_gets_in_when_the_worker_has_nothing_to_do() {
    let (ctx, budget) = (node(), ByteBudget::new(0));
    let (gate, mut taken) = busy(&ctx, &budget, "slow").await;
    let error = ctx.try_send("slow", body(500)).unwrap_err();
    let reason =
        SendErrorReason::FullOfBytes { address: "slow".into(), held: 0, limit: OWN, len: 500 };
    assert_eq!(*error.reason(), reason);
    ctx.try_send("slow", body(OWN)).unwrap();
    let mut line: Vec<_> = [500, 300, 10, 2000].map(|len| stand(&ctx, "slow", len)).into();
    gate.open(1);
    gate.reached().await;
    settle().await;
    assert!(poll(line[0].as_mut()).is_pending(), "it handles one, and nothing waits");
    gate.open(100);
    for sending in line {
        soon(sending).await.unwrap();
    }
    for len in [0, OWN, 500, 300, 10, 2000] {
        assert_eq!(soon(taken.recv()).await, Some(len), "in the order of the line");
    }
    eventually("all is given back", || budget.held() == 0).await;
}

#[tokio::test]
async fn a_worker_that_sleeps_takes_one_message_whatever_the_budget() {
    let (ctx, budget) = (node(), ByteBudget::new(0));
    let gate = Gate::new();
    let slow = WorkerBuilder::new(Slow(gate.clone(), mpsc::unbounded_channel().0));
    slow.with_address("slow").with_byte_budget(&budget, 0).start(&ctx).await.unwrap();
    ctx.try_send("slow", body(500)).unwrap();
    gate.reached().await;
    assert_eq!(ctx.try_send("slow", body(1)).unwrap_err().kind(), ErrorKind::Full);
    gate.open(1);
    eventually("it is given back", || ctx.try_send("slow", body(1)).is_ok()).await;
}

#[tokio::test]
async fn whatever_ends_a_worker_gives_back_what_its_mailbox_held() {
    for way in ["stop", "discard", "kill", "panic", "node"] {
        let (mut ctx, budget) = (node(), ByteBudget::new(1500));
        let (gate, _taken) = busy(&ctx, &budget, "slow").await;
        ctx.try_send("slow", body(13)).unwrap();
        assert!(fill(&ctx, "slow") > 0);
        let waiting = stand(&ctx, "slow", 700);
        assert!(budget.held() > MOST / 2, "{way}");
        match way {
            "stop" => {
                gate.open(100);
                let _ = ctx.stop_worker("slow").await;
            }
            "discard" => {
                let handle = ctx.handle();
                let options = StopOptions::new().discard_queue();
                let stopping =
                    tokio::spawn(async move { handle.stop_worker_with("slow", options).await });
                eventually("it is discarded", || budget.held() == 0).await;
                gate.open(1);
                soon(stopping).await.unwrap().unwrap();
            }
            "kill" => drop(ctx.kill("slow").await.unwrap()),
            "panic" => gate.open(2),
            _ => drop(ctx.stop().await),
        }
        eventually(way, || budget.held() == 0).await;
        assert!(soon(waiting).await.is_err(), "{way}");
        assert_eq!(budget.held(), 0, "{way}");
    }
}

/// A place that was granted counts, and is given back by whoever does not take it.
#[tokio::test]
async fn a_place_that_is_given_up_is_given_back() {
    let (ctx, budget) = (node(), ByteBudget::new(1500));
    let (gate, mut taken) = busy(&ctx, &budget, "slow").await;
    ctx.try_send("slow", body(MOST)).unwrap();
    let line = [600, 400].map(|len| stand(&ctx, "slow", len));
    assert_eq!(budget.held(), MOST - OWN);
    gate.open(1);
    gate.reached().await;
    assert_eq!(budget.held(), 1000 - OWN, "both have a place");
    drop(line);
    assert_eq!(budget.held(), 0);
    gate.open(100);
    for len in [0, MOST] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
}
