//! The bound of a mailbox in bytes: who waits at it, who gets in, and what they are told.

use crate::support::{Gate, Trace, Tracer, node, poll, settle, soon};
use ockam_core::{
    Any, ErrorKind, LocalMessage, NeutralMessage, Result, Routed, TransportMessage, Worker, route,
};
use ockam_node::{Context, NodeBuilder, SendErrorReason, WorkerBuilder};
use proptest::prelude::*;
use std::future::Future;
use std::pin::{Pin, pin};
use tokio::sync::mpsc;

type Sending = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// Enters its gate with each message, and shows the length of its body then.
struct Slow(Gate, mpsc::UnboundedSender<usize>);

impl Worker for Slow {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        self.0.enter().await;
        let _ = self.1.send(msg.payload().len());
        Ok(())
    }
}

/// A worker at `"slow"` that is at its gate with an empty message, and room for so many bytes.
async fn busy(ctx: &Context, bytes: u32) -> (Gate, mpsc::UnboundedReceiver<usize>) {
    let (gate, (sender, taken)) = (Gate::new(), mpsc::unbounded_channel());
    let slow = WorkerBuilder::new(Slow(gate.clone(), sender)).with_address("slow");
    slow.with_mailbox_bytes(bytes).start(ctx).await.unwrap();
    ctx.send("slow", body(0)).await.unwrap();
    gate.reached().await;
    (gate, taken)
}

fn body(len: usize) -> NeutralMessage {
    vec![7; len].into()
}

/// As what comes from another node: its body is bytes.
fn encoded(len: usize) -> LocalMessage {
    TransportMessage::new("slow", route!["far"], vec![7; len]).into()
}

/// A send that stands in line from here on.
fn stand(ctx: &Context, len: usize) -> Sending {
    let handle = ctx.handle();
    let mut sending: Sending = Box::pin(async move { handle.send("slow", body(len)).await });
    assert!(poll(sending.as_mut()).is_pending());
    sending
}

#[tokio::test]
async fn senders_wait_at_the_bound_in_bytes_until_the_worker_takes_messages() {
    let ctx = node();
    let (gate, mut taken) = busy(&ctx, 1000).await;
    for _ in 0..2 {
        ctx.try_send("slow", body(400)).unwrap();
    }
    let mut waiting = stand(&ctx, 201);
    for _ in 0..5 {
        settle().await;
        assert!(poll(waiting.as_mut()).is_pending());
    }
    gate.open(2);
    soon(waiting).await.unwrap();
    gate.open(2);
    for len in [0, 400, 400, 201] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
}

#[tokio::test]
async fn as_many_bytes_as_the_bound_says_wait_in_a_mailbox() {
    let ctx = node();
    let (gate, _taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(999)).unwrap();
    ctx.try_send("slow", body(1)).unwrap();
    ctx.try_send("slow", body(1)).unwrap_err();
    // What holds nothing outside of the message is bounded by number.
    ctx.try_send("slow", 7u8).unwrap();
    gate.open(10);
}

/// All that is bytes or text counts, and types that are too large for the message itself.
#[tokio::test]
async fn bodies_of_all_kinds_count() {
    let ctx = node();
    let (_gate, _taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(500)).unwrap();
    let is_full = |outcome: Result<(), ockam_node::SendError>| {
        outcome.is_err_and(|error| error.kind() == ErrorKind::Full)
    };
    assert!(is_full(ctx.try_send("slow", body(501))));
    assert!(is_full(ctx.try_send("slow", vec![1u8; 501])));
    assert!(is_full(ctx.try_send("slow", "a".repeat(501))));
    assert!(is_full(ctx.try_send("slow", [[1u64; 32]; 2])));
    assert!(is_full(ctx.try_forward(encoded(501))));
    ctx.try_forward(encoded(500)).unwrap();
}

#[tokio::test]
async fn a_message_larger_than_the_bound_gets_into_a_mailbox_that_is_empty() {
    let ctx = node();
    let (gate, mut taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(1)).unwrap();
    let large = stand(&ctx, 5000);
    gate.open(1);
    // The worker has the small one in its hands.
    soon(large).await.unwrap();
    ctx.try_send("slow", body(1)).unwrap_err();
    let next = stand(&ctx, 1);
    gate.open(2);
    soon(next).await.unwrap();
    gate.open(1);
    for len in [0, 1, 5000, 1] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
    // At once, too.
    let empty = WorkerBuilder::new(Tracer::new(&Trace::new())).with_address("empty");
    empty.with_mailbox_bytes(0).start(&ctx).await.unwrap();
    ctx.try_send("empty", "a".repeat(5000)).unwrap();
}

#[tokio::test]
async fn try_send_gives_back_what_would_go_over_the_bound_and_says_the_sizes() {
    let ctx = node();
    let (_gate, _taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(600)).unwrap();
    let error = ctx.try_send("slow", body(401)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    let reason =
        SendErrorReason::FullOfBytes { address: "slow".into(), held: 600, limit: 1000, len: 401 };
    assert_eq!(*error.reason(), reason);
    let text = error.to_string();
    assert!(["0#slow", "600", "1000", "401"].iter().all(|part| text.contains(part)), "{text}");
    assert_eq!(error.into_body::<NeutralMessage>().unwrap(), body(401));
}

/// A mailbox that is full of messages says so, whatever they hold.
#[tokio::test]
async fn what_is_said_to_be_full_is_what_is_full() {
    let (ctx, gate) = (node(), Gate::new());
    let slow = WorkerBuilder::new(Slow(gate.clone(), mpsc::unbounded_channel().0));
    let slow = slow.with_address("slow").with_mailbox_capacity(2).with_mailbox_bytes(1000);
    slow.start(&ctx).await.unwrap();
    ctx.send("slow", body(0)).await.unwrap();
    gate.reached().await;
    for _ in 0..2 {
        ctx.try_send("slow", body(500)).unwrap();
    }
    let error = ctx.try_send("slow", body(1)).unwrap_err();
    assert_eq!(*error.reason(), SendErrorReason::Full { address: "slow".into(), capacity: 2 });
}

/// Behind a line nobody gets in, whatever they have: they are told what the line waits for.
#[tokio::test]
async fn who_is_refused_behind_a_line_is_told_what_the_line_waits_for() {
    let ctx = node();
    let (gate, _taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(400)).unwrap();
    let _large = stand(&ctx, 5000);
    let error = ctx.try_send("slow", body(1)).unwrap_err();
    let reason =
        SendErrorReason::FullOfBytes { address: "slow".into(), held: 400, limit: 1000, len: 1 };
    assert_eq!(*error.reason(), reason);
    gate.open(10);

    let (ctx, gate) = (node(), Gate::new());
    let slow = WorkerBuilder::new(Slow(gate.clone(), mpsc::unbounded_channel().0));
    slow.with_address("slow").with_mailbox_capacity(8).start(&ctx).await.unwrap();
    ctx.send("slow", body(0)).await.unwrap();
    gate.reached().await;
    for _ in 0..8 {
        ctx.try_send("slow", body(1)).unwrap();
    }
    let _waits = stand(&ctx, 1);
    gate.open(1);
    gate.reached().await;
    // One place is free by now, and the line has not moved: places are granted many at a time.
    let error = ctx.try_send("slow", body(1)).unwrap_err();
    assert_eq!(*error.reason(), SendErrorReason::Full { address: "slow".into(), capacity: 8 });
    gate.open(10);
}

/// As with messages: to wake a sender for each that is taken costs more than to handle it.
#[tokio::test]
async fn senders_at_the_bound_in_bytes_get_in_when_half_of_it_is_free() {
    let ctx = node();
    let (gate, _taken) = busy(&ctx, 1000).await;
    // Of such sizes the worker takes one at a time.
    for _ in 0..5 {
        ctx.try_send("slow", body(200)).unwrap();
    }
    let mut waiting = stand(&ctx, 100);
    for held in [800, 600] {
        gate.open(1);
        gate.reached().await;
        assert!(poll(waiting.as_mut()).is_pending(), "{held} of 1000 bytes wait");
    }
    gate.open(1);
    gate.reached().await;
    assert!(poll(waiting.as_mut()).is_ready(), "400 of 1000 bytes wait");
    gate.open(10);
}

#[tokio::test]
async fn the_bytes_of_a_node_are_those_of_its_builder() {
    let ctx = NodeBuilder::new().with_mailbox_bytes(100).build().unwrap();
    let gate = Gate::new();
    ctx.start_worker("slow", Slow(gate.clone(), mpsc::unbounded_channel().0)).await.unwrap();
    ctx.send("slow", body(0)).await.unwrap();
    gate.reached().await;
    ctx.try_send("slow", body(100)).unwrap();
    assert_eq!(ctx.try_send("slow", body(1)).unwrap_err().kind(), ErrorKind::Full);
}

/// A place is for what its sender has, so a granted sender does not bring more than there is room.
#[tokio::test]
async fn places_are_granted_for_as_many_bytes_as_there_is_room_for() {
    let ctx = node();
    let (gate, mut taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(900)).unwrap();
    let mut line: Vec<_> = [600, 300, 101, 1].map(|len| stand(&ctx, len)).into();
    gate.open(1);
    gate.reached().await;
    // It holds 900, and nothing waits: 600 and 300 may enter, and 101 would be too much.
    assert!(poll(line[2].as_mut()).is_pending() && poll(line[3].as_mut()).is_pending());
    for mut granted in line.drain(..2) {
        assert!(poll(granted.as_mut()).is_ready());
    }
    assert!(poll(line[0].as_mut()).is_pending() && poll(line[1].as_mut()).is_pending());
    // Nobody overtakes them.
    ctx.try_send("slow", body(1)).unwrap_err();
    gate.open(10);
    for sending in line {
        soon(sending).await.unwrap();
    }
    for len in [0, 900, 600, 300, 101, 1] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
}

#[tokio::test]
async fn bytes_of_a_granted_place_that_is_given_up_are_free_again() {
    let ctx = node();
    let (gate, mut taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(900)).unwrap();
    let (first, second) = (stand(&ctx, 1000), stand(&ctx, 1000));
    gate.open(1);
    gate.reached().await;
    drop(first);
    soon(second).await.unwrap();
    gate.open(10);
    for len in [0, 900, 1000] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
    settle().await;
    ctx.try_send("slow", body(1000)).unwrap();
}

/// What a worker has in hand comes on top of what its mailbox holds, so it is little.
#[tokio::test]
async fn a_worker_takes_at_most_an_eighth_of_the_bytes_at_a_time() {
    let ctx = node();
    let (gate, _taken) = busy(&ctx, 8000).await;
    let fill = || (0..).take_while(|_| ctx.try_send("slow", body(100)).is_ok()).count();
    assert_eq!(fill(), 80);
    gate.open(1);
    gate.reached().await;
    assert_eq!(fill(), 1 + 10, "one is handled, and ten are in hand");
    gate.open(100);
}

#[tokio::test]
async fn a_worker_that_sends_too_much_to_itself_is_told() {
    struct Own(mpsc::UnboundedSender<ErrorKind>);
    impl Worker for Own {
        type Context = Context;
        type Message = NeutralMessage;

        async fn handle_message(
            &mut self,
            ctx: &mut Context,
            _: Routed<NeutralMessage>,
        ) -> Result<()> {
            ctx.send(ctx.address(), body(60)).await?;
            let error = ctx.send(ctx.address(), body(60)).await.unwrap_err();
            let _ = self.0.send(error.kind());
            ctx.stop_worker(ctx.address()).await
        }
    }
    let (ctx, (sender, mut told)) = (node(), mpsc::unbounded_channel());
    let own = WorkerBuilder::new(Own(sender)).with_address("own").with_mailbox_bytes(100);
    own.start(&ctx).await.unwrap();
    ctx.send("own", body(0)).await.unwrap();
    assert_eq!(soon(told.recv()).await, Some(ErrorKind::Full));
}

/// A place that was granted and not taken yet is one of the messages, not of the bytes.
#[tokio::test]
async fn a_mailbox_whose_last_place_is_granted_is_full_of_messages() {
    let (ctx, gate, (sender, _taken)) = (node(), Gate::new(), mpsc::unbounded_channel());
    let slow = WorkerBuilder::new(Slow(gate.clone(), sender)).with_address("slow");
    slow.with_mailbox_capacity(1).start(&ctx).await.unwrap();
    ctx.send("slow", body(0)).await.unwrap();
    gate.reached().await;
    ctx.send("slow", body(1)).await.unwrap();
    let _granted = stand(&ctx, 1);
    gate.open(1);
    gate.reached().await;
    let error = ctx.try_send("slow", body(1)).unwrap_err();
    assert!(matches!(error.reason(), SendErrorReason::Full { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Messages of all sizes, of which some are given up, go through a small mailbox, each once, and
    /// what they held is free at the end.
    #[test]
    fn messages_of_all_sizes_go_through_and_leave_nothing_behind(
        bytes in 0u32..300,
        sends in proptest::collection::vec((0usize..400, any::<bool>()), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ctx = node();
            let (gate, mut taken) = busy(&ctx, bytes).await;
            let mut line = Vec::new();
            for (len, keeps) in sends {
                let handle = ctx.handle();
                let mut sending: Sending =
                    Box::pin(async move { handle.send("slow", body(len)).await });
                let is_done = poll(sending.as_mut()).is_ready();
                if !is_done {
                    line.push((len, keeps, Some(sending)));
                } else {
                    line.push((len, true, None));
                }
                gate.open(1);
                if line.len() % 3 == 0 {
                    settle().await;
                }
            }
            gate.open(1000);
            let mut expected = vec![0];
            for (len, keeps, sending) in line {
                match sending {
                    None => expected.push(len),
                    Some(sending) if keeps => {
                        soon(sending).await.unwrap();
                        expected.push(len);
                    }
                    Some(sending) => drop(sending),
                }
            }
            // Senders that do not take their places for long lose them, so the order is open.
            let mut all = Vec::new();
            while all.len() < expected.len() {
                all.extend(soon(taken.recv()).await);
            }
            all.sort_unstable();
            expected.sort_unstable();
            assert_eq!(all, expected);
            settle().await;
            assert!(taken.try_recv().is_err());
            let limit = bytes as usize;
            ctx.try_send("slow", body(limit)).unwrap();
        });
    }
}

/// A line that waits for the bytes does not hang when its first, large one goes away.
#[tokio::test]
async fn who_is_behind_a_large_message_that_is_given_up_gets_in() {
    let ctx = node();
    let (gate, mut taken) = busy(&ctx, 1000).await;
    ctx.try_send("slow", body(900)).unwrap();
    let (large, small) = (stand(&ctx, 5000), stand(&ctx, 50));
    drop(large);
    gate.open(10);
    let mut small = pin!(small);
    soon(small.as_mut()).await.unwrap();
    for len in [0, 900, 50] {
        assert_eq!(soon(taken.recv()).await, Some(len));
    }
}
