//! What comes in from outside, over a producer that stands for a connection: whom it reaches, and
//! what an ask that went out over it is told.

use crate::support::{Collector, Echoer, collect, collected, node, poll, settle, soon};
use ockam_core::{
    Address, AllowAll, Any, DenyAll, ErrorKind, FlowControlId, LocalMessage, Mailbox, Mailboxes,
    Result, Route, Routed, TCP, Transport, TransportMessage, Worker, encode, route,
};
use ockam_node::{
    Context, DeadLetterReason, ENDED_FLOWS_KEPT, Handle, SendError, SendErrorReason, WorkerBuilder,
};
use std::future::ready;
use std::sync::Arc;
use tokio::sync::mpsc;

/// A connection without a wire: what is sent to `sender` comes out at `sent`, and what is handed
/// to `receiver` comes in.
pub(crate) struct Connection {
    pub(crate) receiver: Context,
    pub(crate) sent: mpsc::UnboundedReceiver<LocalMessage>,
    pub(crate) id: FlowControlId,
}

pub(crate) const SENDER: &str = "sender";
pub(crate) const RECEIVER: &str = "receiver";

struct Sender(mpsc::UnboundedSender<LocalMessage>);

impl Worker for Sender {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.step()?;
        let _ = self.0.send(message);
        Ok(())
    }
}

impl Connection {
    pub(crate) async fn open(ctx: &Context, spawner: Option<&FlowControlId>) -> Self {
        Self::open_at(ctx, SENDER, RECEIVER, spawner).await
    }

    pub(crate) async fn open_at(
        ctx: &Context,
        sender: &str,
        receiver: &str,
        spawner: Option<&FlowControlId>,
    ) -> Self {
        let flows = ctx.flow_controls();
        let id = flows.generate_flow_control_id();
        flows.add_producer(receiver, &id, spawner, vec![sender.into()]);
        let gate = flows.gate(receiver);
        let receiver = ctx.new_detached(receiver, DenyAll, gate).await.unwrap();
        let (writer, sent) = mpsc::unbounded_channel();
        ctx.start_worker(sender, Sender(writer)).await.unwrap();
        Connection { receiver, sent, id }
    }

    /// Brings a message in, as a connection does.
    pub(crate) async fn arrive(&self, onward: impl Into<Route>, body: u32) -> Result<()> {
        let payload = encode(&body).unwrap();
        let message = TransportMessage::new(onward, route![SENDER, "far away"], payload);
        self.receiver.forward(message.into()).await
    }

    /// Waits for the next question that goes out, and returns where its answer belongs.
    pub(crate) async fn asked(&mut self) -> Address {
        let question = soon(self.sent.recv()).await.unwrap();
        question.return_route().next().unwrap().clone()
    }
}

pub(crate) fn denied(ctx: &Context) -> u64 {
    ctx.dead_letters().count(DeadLetterReason::Denied)
}

pub(crate) fn spawn_ask(
    ctx: &Handle,
    route: impl Into<Route>,
) -> tokio::task::JoinHandle<Result<u32>> {
    let (handle, route) = (ctx.handle(), route.into());
    tokio::spawn(async move { handle.send_and_receive::<u32>(route, 1u32).await })
}

#[tokio::test]
async fn only_consumers_of_the_flow_or_of_its_spawner_are_reached() {
    let ctx = node();
    let spawner = ctx.flow_controls().generate_flow_control_id();
    let connection = Connection::open(&ctx, Some(&spawner)).await;
    let mut arrived = Vec::new();
    for name in ["of the flow", "of the spawner", "of another", "of nobody"] {
        arrived.push(collect::<u32>(&ctx, name).await);
    }
    let other = ctx.flow_controls().generate_flow_control_id();
    ctx.flow_controls().add_consumer("of the flow", &connection.id);
    ctx.flow_controls().add_consumer("of the spawner", &spawner);
    ctx.flow_controls().add_consumer("of another", &other);

    // Twice, because the gate remembers.
    for number in 0..2 {
        connection.arrive("of the flow", number).await.unwrap();
        connection.arrive("of the spawner", number).await.unwrap();
        for refused in ["of another", "of nobody"] {
            let error = connection.arrive(refused, number).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
    }
    settle().await;
    let arrived: Vec<_> = arrived.iter_mut().map(collected).collect();
    assert_eq!(arrived, [vec![0, 1], vec![0, 1], vec![], vec![]]);
    assert_eq!(denied(&ctx), 4);
}

#[tokio::test]
async fn a_consumer_is_refused_as_soon_as_it_is_none_any_more() {
    let ctx = node();
    let connection = Connection::open(&ctx, None).await;
    let mut arrived = collect::<u32>(&ctx, "worker").await;
    ctx.flow_controls().add_consumer("worker", &connection.id);
    connection.arrive("worker", 1).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(1));

    ctx.flow_controls().remove(&"worker".into());
    assert_eq!(connection.arrive("worker", 2).await.unwrap_err().kind(), ErrorKind::Denied);
    ctx.flow_controls().add_consumer("worker", &connection.id);
    connection.arrive("worker", 3).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(3));

    ctx.stop_worker("worker").await.unwrap();
    let mut next = collect::<u32>(&ctx, "worker").await;
    assert_eq!(connection.arrive("worker", 4).await.unwrap_err().kind(), ErrorKind::Denied);
    settle().await;
    assert!(collected(&mut next).is_empty(), "it has not agreed to be reached");
}

#[tokio::test]
async fn what_is_not_there_is_refused_in_the_same_words_as_what_may_not_be_reached() {
    let ctx = node();
    let connection = Connection::open(&ctx, None).await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let refused = async |onward: Route| {
        let error = connection.arrive(onward.clone(), 1).await.unwrap_err();
        let error = error.downcast::<SendError>().unwrap();
        assert!(matches!(error.reason(), SendErrorReason::Denied { .. }), "{onward}: {error}");
    };
    refused(route!["echoer"]).await;
    refused(route!["nobody"]).await;
    refused(route![(TCP, "127.0.0.1:1"), "echoer"]).await;
    refused(route!["receiver"]).await;
    assert_eq!(denied(&ctx), 4);
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::NotFound), 0);
}

#[tokio::test]
async fn a_message_from_outside_never_makes_a_transport_connect() {
    #[derive(Debug)]
    struct Dialler;
    impl Transport for Dialler {
        fn transport_type(&self) -> ockam_core::TransportType {
            TCP
        }
        fn resolve<'a>(&'a self, address: &'a Address) -> ockam_core::Resolving<'a> {
            panic!("it dials {address}")
        }
    }
    let ctx = node();
    ctx.register_transport(Arc::new(Dialler)).unwrap();
    let connection = Connection::open(&ctx, None).await;
    let hop = Address::new(TCP, "127.0.0.1:4000");
    assert!(connection.arrive(route![hop.clone(), "echoer"], 1).await.is_err());
    // Not even for a hop that somebody made a consumer.
    ctx.flow_controls().add_consumer(hop.clone(), &connection.id);
    assert!(connection.arrive(route![hop, "echoer"], 1).await.is_err());
}

#[tokio::test]
async fn an_answer_to_an_ask_comes_back_over_the_flow_it_went_out_on() {
    let ctx = node();
    let mut connection = Connection::open(&ctx, None).await;
    let ask = spawn_ask(&ctx, route![SENDER, "echoer"]);
    let slot = connection.asked().await;
    assert!(ctx.flow_controls().may_reach(&RECEIVER.into(), &slot));
    connection.arrive(slot.clone(), 42).await.unwrap();
    assert_eq!(soon(ask).await.unwrap().unwrap(), 42);
    assert!(!ctx.flow_controls().may_reach(&RECEIVER.into(), &slot), "the ask is over");
    assert_eq!(connection.arrive(slot, 43).await.unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn an_ask_that_stays_on_the_node_is_not_answered_from_outside() {
    let ctx = node();
    let connection = Connection::open(&ctx, None).await;
    let (sender, mut asked) = mpsc::unbounded_channel();
    ctx.start_worker("local", Sender(sender)).await.unwrap();
    let ask = spawn_ask(&ctx, "local");
    let slot = soon(asked.recv()).await.unwrap().return_route().next().unwrap().clone();
    assert_eq!(connection.arrive(slot.clone(), 1).await.unwrap_err().kind(), ErrorKind::Denied);
    ctx.send(slot, 2u32).await.unwrap();
    assert_eq!(soon(ask).await.unwrap().unwrap(), 2);
}

#[tokio::test]
async fn an_ask_to_a_hop_of_a_transport_is_answered_over_the_connection_that_it_leads_to() {
    #[derive(Debug)]
    struct Leads;
    impl Transport for Leads {
        fn transport_type(&self) -> ockam_core::TransportType {
            TCP
        }
        fn resolve<'a>(&'a self, _: &'a Address) -> ockam_core::Resolving<'a> {
            Box::pin(ready(Ok(SENDER.into())))
        }
    }
    let ctx = node();
    ctx.register_transport(Arc::new(Leads)).unwrap();
    let mut connection = Connection::open(&ctx, None).await;
    let ask = spawn_ask(&ctx, route![(TCP, "far:4000"), "echoer"]);
    let slot = connection.asked().await;
    connection.arrive(slot, 42).await.unwrap();
    assert_eq!(soon(ask).await.unwrap().unwrap(), 42);
}

#[tokio::test]
async fn when_a_connection_ends_the_asks_over_it_are_told_why_and_others_are_not() {
    let ctx = node();
    let mut connection = Connection::open(&ctx, None).await;
    let ask = spawn_ask(&ctx, route![SENDER, "echoer"]);
    let slot = connection.asked().await;
    let mut others = collect::<u32>(&ctx, "bystander").await;
    ctx.flow_controls().add_consumer("bystander", &connection.id);
    let (sender, mut asked) = mpsc::unbounded_channel();
    ctx.start_worker("silent", Sender(sender)).await.unwrap();
    let local = spawn_ask(&ctx, "silent");
    soon(asked.recv()).await.unwrap();

    ctx.end_flow(&RECEIVER.into(), "the connection to 10.0.0.1:4000 has ended: reset");
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.to_string(), "no answer: the connection to 10.0.0.1:4000 has ended: reset");
    assert_eq!(connection.arrive(slot, 1).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(connection.arrive("bystander", 1).await.unwrap_err().kind(), ErrorKind::Denied);
    settle().await;
    assert!(!local.is_finished(), "an ask that waits for somebody else goes on");
    ctx.send("bystander", 7u32).await.unwrap();
    assert_eq!(soon(others.recv()).await, Some(7));
}

#[tokio::test]
async fn a_producer_that_is_gone_ends_its_asks_without_being_told_to() {
    let ctx = node();
    let mut connection = Connection::open(&ctx, None).await;
    let ask = spawn_ask(&ctx, route![SENDER, "echoer"]);
    connection.asked().await;
    drop(connection.receiver);
    let error = soon(ask).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert_eq!(error.to_string(), "no answer: the connection at 0#receiver has ended");
}

#[tokio::test]
async fn later_senders_are_told_why_the_connection_ended_until_its_address_lives_again() {
    let ctx = node();
    let connection = Connection::open(&ctx, None).await;
    ctx.end_flow(&RECEIVER.into(), "the connection to the moon has ended: it is cloudy");
    ctx.stop_worker(SENDER).await.unwrap();
    drop(connection);
    for error in [
        ctx.send(route![SENDER, "echoer"], 7u32).await.unwrap_err(),
        soon(spawn_ask(&ctx, route![SENDER, "echoer"])).await.unwrap().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Stopped);
        assert_eq!(error.to_string(), "the connection to the moon has ended: it is cloudy");
    }
    let _connection = Connection::open(&ctx, None).await;
    ctx.stop_worker(SENDER).await.unwrap();
    let error = ctx.send(route![SENDER, "echoer"], 7u32).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn only_the_last_ended_connections_are_remembered() {
    let ctx = node();
    let flows = ctx.flow_controls();
    for number in 0..=ENDED_FLOWS_KEPT {
        let id = flows.generate_flow_control_id();
        let receiver = Address::from(format!("r{number}"));
        flows.add_producer(receiver.clone(), &id, None, vec![]);
        ctx.end_flow(&receiver, format!("the end of {number}"));
    }
    let forgotten = ctx.send("r0", 7u32).await.unwrap_err();
    assert_eq!(forgotten.kind(), ErrorKind::NotFound);
    assert_eq!(ctx.send("r1", 7u32).await.unwrap_err().to_string(), "the end of 1");
}

#[tokio::test]
async fn a_rejected_message_is_a_dead_letter_and_its_asker_is_told() {
    /// Takes a second message out of its mailbox, which it cannot pass on.
    struct Batch;
    impl Worker for Batch {
        type Context = Context;
        type Message = Any;
        async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
            let error =
                ockam_core::Error::with_kind(ErrorKind::InvalidInput, "too large to be sent");
            ctx.reject(&msg.into_local_message(), DeadLetterReason::Stopped, error);
            Ok(())
        }
    }
    let ctx = node();
    ctx.start_worker("batch", Batch).await.unwrap();
    let error = soon(spawn_ask(&ctx, "batch")).await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "too large to be sent");
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Stopped), 1);
}

#[tokio::test]
async fn flow_control_is_not_asked_about_what_stays_on_the_node() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    ctx.start_worker("worker", Collector::<u32>(sender)).await.unwrap();
    let _connection = Connection::open(&ctx, None).await;
    let local = ctx.new_detached("local", AllowAll, AllowAll).await.unwrap();
    local.send("worker", 7u32).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(7));
}

#[tokio::test]
async fn whoever_watches_a_connection_hears_of_its_loss_and_leaves_nothing_behind() {
    let ctx = node();
    let empty = format!("{:?}", ctx.flow_controls());
    assert!(ctx.connection_lost(&SENDER.into()).unwrap().is_none(), "there is no connection");

    let connection = Connection::open(&ctx, None).await;
    let watch = |address: &str| ctx.connection_lost(&address.into()).unwrap().unwrap();
    let mut lost = Box::pin(watch(SENDER));
    assert!(poll(lost.as_mut()).is_pending());
    drop(watch(RECEIVER));
    // It was lost, and is being made again.
    ctx.fail_asks_over(&RECEIVER.into(), "the moon is down");
    let error = soon(lost).await;
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("the moon is down"), "{error}");

    let lost = watch(SENDER);
    ctx.end_flow(&RECEIVER.into(), "the moon is gone");
    assert!(soon(lost).await.to_string().contains("the moon is gone"));
    assert!(ctx.connection_lost(&SENDER.into()).unwrap().is_none());
    ctx.stop_worker(SENDER).await.unwrap();
    drop(connection);
    assert_eq!(format!("{:?}", ctx.flow_controls()), empty);
}

/// Passes questions on to the connection, as they are, from its own or from another address.
struct Onward;

impl Worker for Onward {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let me = msg.msg_addr();
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.modify().replace(SENDER);
        if me == *ctx.primary_address() {
            ctx.forward(message).await
        } else {
            ctx.forward_from_address(message, me).await
        }
    }
}

#[tokio::test]
async fn a_question_that_another_worker_passes_on_is_answered_once() {
    let ctx = node();
    let mut connection = Connection::open(&ctx, None).await;
    let mailboxes = Mailboxes::new(Mailbox::allow_all("one"), vec![Mailbox::allow_all("another")]);
    WorkerBuilder::new(Onward).with_mailboxes(mailboxes).start(&ctx).await.unwrap();
    for address in ["one", "another"] {
        let asking = spawn_ask(&ctx, route![address, "echoer"]);
        let slot = connection.asked().await;
        connection.arrive(slot.clone(), 7).await.unwrap();
        assert_eq!(soon(asking).await.unwrap().unwrap(), 7);
        assert!(connection.arrive(slot, 8).await.is_err());
    }
}

/// A channel without encryption: what is sent to `encryptor` goes on to `sender`, and its answers
/// come from `decryptor`.
async fn open_channel(ctx: &Context, name: &str, first_hop: &str) -> Address {
    let flows = ctx.flow_controls();
    let (encryptor, decryptor) = (Address::from(name), Address::from(format!("from {name}")));
    let id = flows.generate_flow_control_id();
    flows.add_producer(decryptor.clone(), &id, None, vec![encryptor.clone()]);
    flows.set_carrier(encryptor.clone(), &first_hop.into());
    encryptor
}

#[tokio::test]
async fn what_is_asked_over_what_a_connection_carries_ends_with_it_and_the_flow_stays() {
    let ctx = node();
    let empty = format!("{:?}", ctx.flow_controls());
    let connection = Connection::open(&ctx, None).await;
    let channel = open_channel(&ctx, "channel", SENDER).await;
    let inner = open_channel(&ctx, "inner", "channel").await;
    let aside = open_channel(&ctx, "aside", "forwarder").await;
    let watch = |address: &Address| Box::pin(ctx.connection_lost(address).unwrap().unwrap());

    let lost = [watch(&channel), watch(&inner)];
    let mut others = watch(&aside);
    ctx.fail_asks_over(&RECEIVER.into(), "the moon is down");
    for lost in lost {
        assert!(soon(lost).await.to_string().contains("the moon is down"));
    }
    assert!(poll(others.as_mut()).is_pending());

    // Now the way of the channel is another one: its connection may end.
    let mut stays = watch(&inner);
    ctx.flow_controls().set_carrier(channel.clone(), &"forwarder".into());
    ctx.end_flow(&RECEIVER.into(), "the moon is gone");
    assert!(poll(stays.as_mut()).is_pending());
    ctx.end_flow(&"from channel".into(), "the channel was closed");
    assert!(soon(stays).await.to_string().contains("the channel was closed"));

    drop((others, connection));
    for producer in ["from inner", "from aside", SENDER] {
        ctx.flow_controls().remove(&producer.into());
    }
    // Whatever is said of an address that has ended is not kept.
    ctx.flow_controls().set_carrier(inner, &SENDER.into());
    assert_eq!(format!("{:?}", ctx.flow_controls()), empty);
}

#[tokio::test]
async fn a_way_that_leads_back_to_its_beginning_is_none() {
    let ctx = node();
    let _connection = Connection::open(&ctx, None).await;
    let outer = open_channel(&ctx, "outer", SENDER).await;
    let inner = open_channel(&ctx, "inner", "outer").await;
    ctx.flow_controls().set_carrier(outer.clone(), &inner);
    ctx.flow_controls().set_carrier(inner.clone(), &inner);
    let mut lost = Box::pin(ctx.connection_lost(&inner).unwrap().unwrap());
    ctx.end_flow(&RECEIVER.into(), "the moon is gone");
    assert!(poll(lost.as_mut()).is_pending());
    ctx.end_flow(&"from inner".into(), "the channel was closed");
    assert!(soon(lost).await.to_string().contains("the channel was closed"));
}
