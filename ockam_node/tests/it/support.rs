//! What several modules need: a trace of what happened, a gate, workers, and a way to poll by hand.

use ockam_core::{Any, Error, ErrorKind, Message, Result, Routed, Worker};
use ockam_node::{Context, NodeBuilder};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, Semaphore, mpsc};

/// How long a test waits for what has to happen: long enough for a machine that is very busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

/// Makes a node, outside of any attribute.
pub(crate) fn node() -> Context {
    NodeBuilder::new().build().unwrap()
}

/// The order in which things happened.
#[derive(Clone, Default)]
pub(crate) struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn add(&self, event: impl Into<String>) {
        lock(&self.0).push(event.into());
    }

    pub(crate) fn events(&self) -> Vec<String> {
        lock(&self.0).clone()
    }

    pub(crate) fn count(&self, event: &str) -> usize {
        lock(&self.0).iter().filter(|known| *known == event).count()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Polls a future once, with a waker that does nothing.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut std::task::Context::from_waker(Waker::noop()))
}

/// Waits for a condition, which nothing announces.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "it never came about: {what}");
        tokio::task::yield_now().await;
    }
}

/// Lets every other task of a current-thread runtime run until it waits.
pub(crate) async fn settle() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// Awaits a future that must not hang.
pub(crate) async fn soon<F: Future>(future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("it hangs"),
    }
}

/// Sends every message back.
pub(crate) struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

/// Passes every message on, and puts itself on the way back.
pub(crate) struct Hop;

impl Worker for Hop {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let message = msg.into_local_message().step_forward(ctx.address())?;
        ctx.forward(message).await
    }
}

/// Writes its life into a trace. What it is told decides what it does.
pub(crate) struct Tracer {
    pub(crate) trace: Trace,
    pub(crate) initialize: Outcome,
    pub(crate) shutdown: Outcome,
    /// Entered by each `gate` message.
    pub(crate) gate: Gate,
}

/// What a life-cycle call of a [`Tracer`] does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Well,
    Fail,
    Panic,
    /// Waits at the gate.
    Wait,
    /// Waits at the gate, and fails then.
    WaitAndFail,
    /// Stops the worker itself.
    StopSelf,
    /// Stops the node.
    StopNode,
}

impl Tracer {
    pub(crate) fn new(trace: &Trace) -> Self {
        let (initialize, shutdown) = (Outcome::Well, Outcome::Well);
        Tracer { trace: trace.clone(), initialize, shutdown, gate: Gate::new() }
    }

    pub(crate) fn with_initialize(mut self, outcome: Outcome) -> Self {
        self.initialize = outcome;
        self
    }

    pub(crate) fn with_shutdown(mut self, outcome: Outcome) -> Self {
        self.shutdown = outcome;
        self
    }

    pub(crate) fn with_gate(mut self, gate: &Gate) -> Self {
        self.gate = gate.clone();
        self
    }

    async fn act(&self, outcome: Outcome, ctx: &mut Context) -> Result<()> {
        match outcome {
            Outcome::Well => Ok(()),
            Outcome::Fail => Err(failure()),
            Outcome::Panic => panic!("the tracer panics"),
            Outcome::Wait => {
                self.gate.enter().await;
                Ok(())
            }
            Outcome::WaitAndFail => {
                self.gate.enter().await;
                Err(failure())
            }
            Outcome::StopSelf => ctx.stop_worker(ctx.address()).await,
            Outcome::StopNode => ctx.stop().await,
        }
    }
}

/// The error that workers of the tests return.
pub(crate) fn failure() -> Error {
    Error::with_kind(ErrorKind::Application, "the tracer fails")
}

impl Drop for Tracer {
    fn drop(&mut self) {
        self.trace.add("drop");
    }
}

impl Worker for Tracer {
    type Context = Context;
    type Message = String;

    async fn initialize(&mut self, ctx: &mut Context) -> Result<()> {
        self.trace.add("initialize");
        self.act(self.initialize, ctx).await
    }

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        self.trace.add(format!("begin {msg}"));
        match msg.as_str() {
            "gate" => self.gate.enter().await,
            "fail" => return Err(failure()),
            "panic" => panic!("the tracer panics"),
            "stop self" => ctx.stop_worker(ctx.address()).await?,
            "stop self twice" => {
                ctx.stop_worker(ctx.address()).await?;
                ctx.stop_worker(ctx.address()).await?;
            }
            "stop node" => ctx.stop().await?,
            "echo" => ctx.send(msg.return_route(), "echo".to_string()).await?,
            _ => {}
        }
        self.trace.add(format!("end {msg}"));
        Ok(())
    }

    async fn shutdown(&mut self, ctx: &mut Context) -> Result<()> {
        self.trace.add("shutdown");
        self.act(self.shutdown, ctx).await
    }
}

/// A door that the test opens; it knows how many came to it.
#[derive(Clone)]
pub(crate) struct Gate(Arc<(Semaphore, Semaphore)>);

impl Gate {
    pub(crate) fn new() -> Self {
        Gate(Arc::new((Semaphore::new(0), Semaphore::new(0))))
    }

    /// Comes to the gate and waits until it is opened for one.
    pub(crate) async fn enter(&self) {
        self.0.0.add_permits(1);
        self.0.1.acquire().await.unwrap().forget();
    }

    /// Waits until somebody has come.
    pub(crate) async fn reached(&self) {
        soon(self.0.0.acquire()).await.unwrap().forget();
    }

    /// Lets some through.
    pub(crate) fn open(&self, passers: usize) {
        self.0.1.add_permits(passers);
    }
}

/// Hands every message to the test, with nothing else.
pub(crate) struct Collector<M>(pub(crate) mpsc::UnboundedSender<M>);

impl<M: Message> Worker for Collector<M> {
    type Context = Context;
    type Message = M;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<M>) -> Result<()> {
        // The test may have seen enough.
        let _ = self.0.send(msg.body());
        Ok(())
    }
}

/// Starts a collector and returns what it collects.
pub(crate) async fn collect<M: Message>(
    ctx: &Context,
    address: &str,
) -> mpsc::UnboundedReceiver<M> {
    let (sender, receiver) = mpsc::unbounded_channel();
    ctx.start_worker(address, Collector(sender)).await.unwrap();
    receiver
}

/// Takes everything that was collected so far.
pub(crate) fn collected<M>(receiver: &mut mpsc::UnboundedReceiver<M>) -> Vec<M> {
    std::iter::from_fn(|| receiver.try_recv().ok()).collect()
}

/// Keeps the return route of each question and answers all when it is told `"answer"`.
#[derive(Default)]
pub(crate) struct Deferrer {
    pub(crate) waiting: Vec<ockam_core::Route>,
    pub(crate) asked: Arc<Notify>,
}

impl Worker for Deferrer {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        if msg.as_str() == "answer" {
            for route in self.waiting.drain(..) {
                ctx.send(route, "later".to_string()).await?;
            }
        } else {
            self.waiting.push(msg.return_route());
            self.asked.notify_one();
        }
        Ok(())
    }
}
