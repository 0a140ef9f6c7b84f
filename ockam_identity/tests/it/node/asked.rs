//! An initiator whose route has a relay: the requested route is kept besides the one that the
//! responder's messages show.

use super::link::{End, Forwarder, Seen, connect};
use super::stage::{Echoer, LISTENER, Stage, answering, calling, echo, node, record, soon, until};
use super::wire::{WIRE, wire};
use ockam_core::{Address, LocalMessage, Route, TransportMessage, route};
use ockam_identity::{
    LOSS_TIMEOUT, MAX_DOUBLED, SecureChannel, SecureChannelOptions, WAY_TRUSTED_FOR,
};
use ockam_node::{Context, DeadLetterReason};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;
use tokio::time::{Instant, advance};

const RELAY: &str = "forward_to_bob";

/// A channel over a node in the middle, whose relay leads over one of two connections.
struct Middle {
    initiator: Context,
    middle: Context,
    responder: Context,
    channel: SecureChannel,
    from_initiator: End,
    first: End,
    second: End,
    near: Seen,
}

impl Middle {
    async fn new() -> Self {
        let (initiator, middle, responder) = (node(), node(), node());
        let (to_middle, from_initiator, near) = connect(&initiator, &middle).await;
        let (first, first_end, far) = connect(&middle, &responder).await;
        let (second, second_end, _) = connect(&middle, &responder).await;
        answering(&responder, &[&first_end.flow, &second_end.flow]).await;
        relay_over(&middle, &from_initiator, &first).await;
        let route = route![to_middle.sender, RELAY, LISTENER];
        let channel = calling(&initiator, route).await;
        // Three of the handshake, and the confirmation.
        until(|| far.all().len() == 4).await;
        Middle { initiator, middle, responder, channel, from_initiator, first, second, near }
    }

    async fn echo(&self, body: u8) {
        echo(&self.initiator, &self.channel, vec![body]).await;
    }

    async fn lose_the_first(&self) {
        self.middle.stop_worker(self.first.sender.clone()).await.unwrap();
    }

    /// The responder comes back over another connection, and has the relay lead over that.
    async fn come_back(&self) {
        self.middle.stop_worker(RELAY).await.unwrap();
        relay_over(&self.middle, &self.from_initiator, &self.second).await;
    }

    /// Sends messages, and waits until a given number more have left the initiator.
    async fn send(&self, messages: usize, leave: usize) {
        let sent = || self.near.all().iter().filter(|passed| passed.from_first).count();
        let before = sent();
        for number in 0..messages {
            let route = route![&self.channel, "recorder"];
            self.initiator.send(route, u8::try_from(number).unwrap()).await.unwrap();
        }
        until(|| sent() == before + leave).await;
    }
}

async fn relay_over(middle: &Context, from: &End, to: &End) {
    middle.start_worker(RELAY, Forwarder(route![to.sender.clone()])).await.unwrap();
    let flows = middle.flow_controls();
    flows.add_consumer(RELAY, &from.flow);
    flows.add_consumer(to.sender.clone(), &from.flow);
    flows.add_consumer(from.sender.clone(), &to.flow);
}

/// Returns the number of messages that leave for a number of sent ones without a reply.
fn doubled(messages: usize) -> usize {
    messages + messages.min(MAX_DOUBLED)
}

#[tokio::test(start_paused = true)]
async fn the_first_ask_is_answered_after_a_connection_behind_a_relay_was_made_again() {
    for lost in [0, 1, 31, 32, 33] {
        let middle = Middle::new().await;
        middle.echo(1).await;
        middle.lose_the_first().await;
        advance(WAY_TRUSTED_FOR).await;
        middle.send(lost, doubled(lost)).await;
        middle.come_back().await;
        let begun = Instant::now();
        middle.echo(2).await;
        assert!(begun.elapsed() < 2 * LOSS_TIMEOUT, "{lost} lost: {:?}", begun.elapsed());
        middle.echo(3).await;
        // The way past the relay is known again.
        middle.middle.stop_worker(RELAY).await.unwrap();
        middle.echo(4).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_has_heard_nothing_before_finds_the_new_connection_too() {
    let middle = Middle::new().await;
    // The first message of all does not move the way of the responder.
    middle.send(1, 1).await;
    middle.lose_the_first().await;
    middle.come_back().await;
    advance(WAY_TRUSTED_FOR).await;
    middle.echo(1).await;
    middle.echo(2).await;
}

#[tokio::test(start_paused = true)]
async fn what_goes_along_both_ways_arrives_once_and_in_order_also_behind_a_loss() {
    let middle = Middle::new().await;
    let mut recorded = record(&middle.responder, "recorder").await;
    let flows = middle.responder.flow_controls();
    let spawner = flows.find_flow_control_with_spawner_address(&LISTENER.into()).unwrap();
    flows.add_consumer("recorder", spawner.flow_control_id());
    middle.echo(1).await;
    for lost in [0, 60] {
        advance(WAY_TRUSTED_FOR).await;
        if lost > 0 {
            middle.lose_the_first().await;
            middle.send(lost, doubled(lost)).await;
            middle.come_back().await;
        }
        let sent = MAX_DOUBLED + 8;
        middle.send(sent, if lost > 0 { sent } else { doubled(sent) }).await;
        for number in 0..sent {
            let message = soon(recorded.recv()).await.unwrap();
            assert_eq!(message.payload(), &[u8::try_from(number).unwrap()][..]);
        }
        // Earlier messages arrived before this one.
        middle.echo(2).await;
        assert!(recorded.try_recv().is_err());
        // Something was heard: one copy again.
        middle.send(1, 1).await;
        soon(recorded.recv()).await.unwrap();
    }
}

/// A channel on one node, over a wire whose way back the test plays.
struct Astray {
    stage: Stage,
    channel: SecureChannel,
    alice: Address,
    loses: Arc<AtomicBool>,
    passed: UnboundedReceiver<TransportMessage>,
}

async fn astray() -> Astray {
    let stage = Stage::new().await;
    stage.ctx.start_worker("echoer", Echoer).await.unwrap();
    stage.let_in("echoer");
    stage.ctx.start_worker(RELAY, Forwarder(Route::new())).await.unwrap();
    let (loses, alice) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(None)));
    let (loses_now, known) = (Arc::clone(&loses), Arc::clone(&alice));
    let passed = wire(&stage, move |message| {
        let mut alice = known.lock().unwrap();
        // Message 1 says where she is.
        let alice = alice.get_or_insert_with(|| message.return_route.last().unwrap().clone());
        !loses_now.load(Ordering::SeqCst) || message.onward_route.last() != Some(alice)
    })
    .await;
    let route = route![RELAY, WIRE, LISTENER];
    let channel = soon(stage.channel_over(route, SecureChannelOptions::new())).await.unwrap();
    let alice = alice.lock().unwrap().clone().unwrap();
    let mut astray = Astray { stage, channel, alice, loses, passed };
    astray.echo().await;
    astray
}

impl Astray {
    async fn echo(&mut self) {
        echo(&self.stage.ctx, &self.channel, vec![1]).await;
        while self.passed.try_recv().is_ok() {}
    }

    /// Asks, and returns the bytes of the answer, which does not arrive.
    async fn answer_on_its_way(&mut self) -> (JoinHandle<ockam_core::Result<u8>>, Vec<u8>) {
        self.loses.store(true, Ordering::SeqCst);
        let (handle, route) = (self.stage.ctx.handle(), route![&self.channel, "echoer"]);
        let ask = tokio::spawn(async move { handle.send_and_receive::<u8>(route, 7u8).await });
        loop {
            let passed = soon(self.passed.recv()).await.unwrap();
            if passed.onward_route.last() == Some(&self.alice) {
                self.loses.store(false, Ordering::SeqCst);
                return (ask, passed.payload.to_vec());
            }
        }
    }

    /// Lets an answer arrive along a given route.
    async fn arrive(&self, answer: (JoinHandle<ockam_core::Result<u8>>, Vec<u8>), way: Route) {
        let message = TransportMessage::new(self.alice.clone(), way, answer.1);
        self.stage.ctx.forward(LocalMessage::from(message)).await.unwrap();
        assert_eq!(soon(answer.0).await.unwrap().unwrap(), 7);
    }

    /// Sends a message, and returns the route that it has behind the wire.
    async fn leaves(&mut self) -> Route {
        self.stage.ctx.send(route![&self.channel, "nobody"], 1u8).await.unwrap();
        soon(self.passed.recv()).await.unwrap().onward_route
    }
}

#[tokio::test(start_paused = true)]
async fn the_initiator_follows_behind_its_own_connection_and_never_away_from_it() {
    let mut astray = astray().await;
    let plain = astray.leaves().await;
    assert_eq!(plain.len(), 1);

    let answer = astray.answer_on_its_way().await;
    record(&astray.stage.ctx, "elsewhere").await;
    astray.arrive(answer, route!["elsewhere"]).await;
    assert_eq!(astray.leaves().await, plain);

    let answer = astray.answer_on_its_way().await;
    astray.arrive(answer, route![WIRE, "hop"]).await;
    let mut over_hop = plain.clone();
    over_hop.push_front("hop");
    assert_eq!(astray.leaves().await, over_hop);
    // The route was shown by a message that could be a replay: it is soon in doubt.
    advance(WAY_TRUSTED_FOR).await;
    assert_eq!(astray.leaves().await, over_hop);
    assert_eq!(soon(astray.passed.recv()).await.unwrap().onward_route, plain);
    astray.echo().await;
    assert_eq!(astray.leaves().await, plain);
}

#[tokio::test(start_paused = true)]
async fn a_late_message_does_not_undo_a_new_route() {
    let mut astray = astray().await;
    let late = astray.answer_on_its_way().await;
    let mut detour = record(&astray.stage.ctx, "detour").await;
    astray.channel.update_route(&astray.stage.ctx, route!["detour", WIRE]).unwrap();
    astray.arrive(late, route![WIRE]).await;
    astray.stage.ctx.send(route![&astray.channel, "nobody"], 1u8).await.unwrap();
    let message = soon(detour.recv()).await.unwrap();
    assert_eq!(message.onward_route().iter().nth(1), Some(&WIRE.into()));
    assert!(astray.passed.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_way_that_is_gone_is_no_loss_while_the_other_one_takes_messages() {
    let mut astray = astray().await;
    let letters = astray.stage.ctx.dead_letters().clone();
    let lost = || letters.count(DeadLetterReason::NotFound);
    astray.stage.ctx.stop_worker(RELAY).await.unwrap();
    advance(WAY_TRUSTED_FOR).await;
    let before = lost();
    astray.echo().await;
    assert_eq!(lost(), before);
    // Without any way it is one loss.
    astray.stage.ctx.stop_worker(WIRE).await.unwrap();
    advance(WAY_TRUSTED_FOR).await;
    astray.stage.ctx.send(route![&astray.channel, "echoer"], 1u8).await.unwrap();
    until(|| lost() > before).await;
    assert_eq!(lost(), before + 1);
    astray.channel.stop(&astray.stage.ctx).await.unwrap();
}
