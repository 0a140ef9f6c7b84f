//! Flow controls follow the life of addresses.

use crate::support::{Echoer, Outcome, Trace, Tracer, eventually, node, poll};
use ockam_core::{Address, AllowAll, Mailbox, Mailboxes};
use ockam_node::WorkerBuilder;
use std::pin::pin;

#[tokio::test]
async fn a_stopped_address_is_forgotten_as_consumer_producer_and_spawner() {
    let ctx = node();
    let flows = ctx.flow_controls();
    let id = flows.generate_flow_control_id();
    let echoer = Address::from("echoer");
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.start_worker("producer", Echoer).await.unwrap();
    flows.add_consumer("echoer", &id);
    flows.add_producer("producer", &id, None, vec!["companion".into()]);
    flows.add_spawner("producer", &id);
    assert!(flows.may_reach(&"producer".into(), &echoer));
    assert!(flows.may_reach(&"companion".into(), &echoer));
    let producer = flows.find_flow_control_with_producer_address(&"companion".into());
    assert_eq!(producer.unwrap().flow_control_id(), &id);
    let spawner = flows.find_flow_control_with_spawner_address(&"producer".into());
    assert_eq!(spawner.unwrap().flow_control_id(), &id);

    ctx.stop_worker("echoer").await.unwrap();
    assert!(!flows.is_consumer(&echoer, &id));
    assert!(!flows.may_reach(&"producer".into(), &echoer));
    // Whoever comes to the address later has not agreed to be reached.
    ctx.start_worker("echoer", Echoer).await.unwrap();
    assert!(!flows.may_reach(&"producer".into(), &echoer));

    ctx.stop_worker("producer").await.unwrap();
    for producer in ["producer", "companion"].map(Address::from) {
        assert!(flows.find_flow_control_with_producer_address(&producer).is_none());
    }
    assert!(flows.find_flow_control_with_spawner_address(&"producer".into()).is_none());
}

#[tokio::test]
async fn every_address_of_a_stopped_worker_is_forgotten() {
    let ctx = node();
    let id = ctx.flow_controls().generate_flow_control_id();
    let more = vec![Mailbox::allow_all("b")];
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    WorkerBuilder::new(Echoer).with_mailboxes(mailboxes).start(&ctx).await.unwrap();
    for address in ["a", "b"] {
        ctx.flow_controls().add_consumer(address, &id);
    }
    ctx.stop_worker("a").await.unwrap();
    for address in ["a", "b"].map(Address::from) {
        assert!(!ctx.flow_controls().is_consumer(&address, &id), "{address}");
    }
}

#[tokio::test]
async fn a_panicking_worker_and_a_dropped_context_are_forgotten_too() {
    let ctx = node();
    let id = ctx.flow_controls().generate_flow_control_id();
    ctx.start_worker("tracer", Tracer::new(&Trace::new())).await.unwrap();
    let other = ctx.new_detached("other", AllowAll, AllowAll).await.unwrap();
    for address in ["tracer", "other"] {
        ctx.flow_controls().add_consumer(address, &id);
    }
    drop(other);
    ctx.send("tracer", "panic".to_string()).await.unwrap();
    eventually("it has ended", || !ctx.is_worker_registered_at("tracer")).await;
    for address in ["tracer", "other"].map(Address::from) {
        assert!(!ctx.flow_controls().is_consumer(&address, &id), "{address}");
    }
}

#[tokio::test]
async fn a_start_at_a_taken_address_takes_nothing_from_its_holder() {
    let ctx = node();
    let id = ctx.flow_controls().generate_flow_control_id();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.flow_controls().add_consumer("echoer", &id);
    let tracer = Tracer::new(&Trace::new()).with_initialize(Outcome::Fail);
    assert!(ctx.start_worker("echoer", tracer).await.is_err());
    assert!(ctx.flow_controls().is_consumer(&"echoer".into(), &id));
}

/// A start that was killed is over when its future goes away, and its address is another's by then.
#[tokio::test(start_paused = true)]
async fn a_start_that_was_killed_takes_nothing_from_who_has_its_address_next() {
    let ctx = node();
    let id = ctx.flow_controls().generate_flow_control_id();
    let tracer = Tracer::new(&Trace::new()).with_initialize(Outcome::Wait);
    let mut start = Box::pin(ctx.start_worker("w", tracer));
    assert!(poll(start.as_mut()).is_pending());
    assert!(poll(pin!(ctx.kill("w"))).is_pending(), "its code is in the start that nobody polls");
    ctx.start_worker("w", Echoer).await.unwrap();
    ctx.flow_controls().add_consumer("w", &id);
    drop(start);
    assert!(ctx.flow_controls().is_consumer(&"w".into(), &id));
}

#[tokio::test]
async fn a_worker_may_be_made_a_consumer_before_it_starts() {
    let ctx = node();
    let id = ctx.flow_controls().generate_flow_control_id();
    ctx.flow_controls().add_consumer("echoer", &id);
    ctx.start_worker("echoer", Echoer).await.unwrap();
    assert!(ctx.flow_controls().is_consumer(&"echoer".into(), &id));
}

#[tokio::test]
async fn ids_are_different_each_time() {
    let ctx = node();
    let flows = ctx.flow_controls();
    assert_ne!(flows.generate_flow_control_id(), flows.generate_flow_control_id());
}
