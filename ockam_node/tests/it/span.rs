//! The spans of workers in a log, as a subscriber sees them.

use crate::support::{lock, node, soon};
use ockam_core::{Any, Result, Routed, Worker};
use ockam_node::Context;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Dispatch, Event, Instrument, Level, Metadata, Subscriber};

/// What a subscriber knows: the depth of every span, the spans that are entered, and for every
/// event of a test how many spans were around it and which address was the innermost one.
#[derive(Default)]
struct Spans {
    depths: Vec<usize>,
    addresses: Vec<String>,
    entered: Vec<usize>,
    events: Vec<(usize, String)>,
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Spans>>);

impl Recorder {
    fn of_this_thread() -> (Self, DefaultGuard) {
        // As long as there is one subscriber only, a span that another thread makes first counts as
        // disabled for all (tracing-core 0.1.36): there is always a second one.
        static SECOND: OnceLock<Dispatch> = OnceLock::new();
        SECOND.get_or_init(|| Dispatch::new(Recorder::default()));
        let recorder = Recorder::default();
        (recorder.clone(), tracing::subscriber::set_default(recorder))
    }
}

fn index(id: &Id) -> usize {
    id.into_u64() as usize - 1
}

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::INFO
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::INFO)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut spans = lock(&self.0);
        let parent = match attributes.parent() {
            Some(parent) => Some(index(parent)),
            None if attributes.is_contextual() => spans.entered.last().copied(),
            None => None,
        };
        let depth = parent.map_or(1, |parent| spans.depths[parent] + 1);
        spans.depths.push(depth);
        let mut address = Address(String::new());
        attributes.record(&mut address);
        spans.addresses.push(address.0);
        Id::from_u64(spans.depths.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == "spans" {
            let mut spans = lock(&self.0);
            let span = spans.entered.last().copied();
            let depth = span.map_or(0, |span| spans.depths[span]);
            let address = span.map_or_else(String::new, |span| spans.addresses[span].clone());
            spans.events.push((depth, address));
        }
    }

    fn enter(&self, span: &Id) {
        lock(&self.0).entered.push(index(span));
    }

    fn exit(&self, span: &Id) {
        let mut spans = lock(&self.0);
        let place = spans.entered.iter().rposition(|entered| *entered == index(span));
        spans.entered.remove(place.unwrap());
    }
}

/// The field `address` of a span.
struct Address(String);

impl tracing::field::Visit for Address {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        if field.name() == "address" {
            self.0 = format!("{value:?}");
        }
    }
}

/// Waits until the next worker sleeps, and hands over.
struct Stage(&'static str);

impl Worker for Stage {
    type Context = Context;
    type Message = u32;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<u32>) -> Result<()> {
        tracing::info!(target: "spans", "a stage");
        ctx.sleep(Duration::from_millis(400)).await;
        let to = if *msg == 0 { "app" } else { self.0 };
        ctx.send(to, msg.wrapping_sub(1)).await
    }
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_worker_is_a_root_whoever_woke_it() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let mut ctx = node();
    ctx.start_worker("a", Stage("b")).await.unwrap();
    ctx.start_worker("b", Stage("a")).await.unwrap();
    let begin = ctx.send("a", 20u32).instrument(tracing::info_span!("request", user = "alice"));
    begin.await.unwrap();
    soon(ctx.receive::<u32>()).await.unwrap();

    let spans = lock(&recorder.0);
    assert!(spans.depths.len() > 20, "each stage slept in between: {}", spans.depths.len());
    assert!(spans.depths.iter().all(|depth| *depth == 1), "{:?}", spans.depths);
    let named = |i: usize| (1, if i.is_multiple_of(2) { "0#a" } else { "0#b" }.to_string());
    assert_eq!(spans.events, (0..21).map(named).collect::<Vec<_>>());
}

/// Writes a line as it ends.
struct Leaves;

impl Worker for Leaves {
    type Context = Context;
    type Message = Any;

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        tracing::info!(target: "spans", "before it waits");
        ctx.sleep(Duration::from_millis(1)).await;
        tracing::info!(target: "spans", "after it waited");
        Ok(())
    }

    async fn handle_message(&mut self, _: &mut Context, _: Routed<Any>) -> Result<()> {
        Ok(())
    }
}

/// Stops the other worker.
struct Stops;

impl Worker for Stops {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        ctx.stop_worker("leaves").await?;
        tracing::info!(target: "spans", "stopped");
        ctx.send(msg.return_route(), 0u8).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_sleeping_worker_logs_as_it_is_stopped_is_in_its_own_span() {
    let (recorder, _guard) = Recorder::of_this_thread();
    let ctx = node();
    ctx.start_worker("leaves", Leaves).await.unwrap();
    ctx.start_worker("stops", Stops).await.unwrap();
    let ask = ctx.send_and_receive::<u8>("stops", 0u8);
    soon(ask.instrument(tracing::info_span!("request", user = "bob"))).await.unwrap();

    let expected = ["0#leaves", "0#leaves", "0#stops"].map(|address| (1, address.to_string()));
    assert_eq!(lock(&recorder.0).events, expected);
}
