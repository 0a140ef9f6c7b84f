//! Shared fixtures: nodes, workers and channels.

use ockam_core::{
    AllowAll, Any, FlowControlId, LocalMessage, NeutralMessage, Result, Route, Routed, Worker,
    route,
};
use ockam_identity::{
    AttributeAccessControl, Identifier, Identities, NodeRng, SecureChannel, SecureChannelListener,
    SecureChannelListenerOptions, SecureChannelOptions,
};
use ockam_node::{Context, DeadLetterReason, Handle, NodeBuilder};
use std::future::Future;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Timeout of a test for an expected event, on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

pub(crate) fn node() -> Context {
    NodeBuilder::new().build().unwrap()
}

/// Waits for an expected event.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it has to come")
}

/// Waits until a condition holds, with a timeout in real time, which also passes while the clock of
/// the test is paused.
pub(crate) async fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < LIMIT, "it has to come");
        tokio::task::yield_now().await;
    }
}

pub(crate) async fn identity(identities: &Identities, handle: &Handle) -> Identifier {
    identities.create_identity(&mut NodeRng::new(handle)).await.unwrap()
}

/// Answers every message with its body.
pub(crate) struct Echoer;

impl Worker for Echoer {
    type Context = Context;
    type Message = NeutralMessage;

    async fn handle_message(
        &mut self,
        ctx: &mut Context,
        msg: Routed<NeutralMessage>,
    ) -> Result<()> {
        ctx.send(msg.return_route(), msg.body()).await
    }
}

/// Shows every message to the test.
pub(crate) struct Recorder(pub(crate) mpsc::UnboundedSender<LocalMessage>);

impl Worker for Recorder {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Any>) -> Result<()> {
        let _ = self.0.send(msg.into_local_message());
        Ok(())
    }
}

/// Starts a recorder.
pub(crate) async fn record(ctx: &Context, name: &str) -> mpsc::UnboundedReceiver<LocalMessage> {
    let (sender, recorded) = mpsc::unbounded_channel();
    ctx.start_worker(name, Recorder(sender)).await.unwrap();
    recorded
}

/// Two identities on one node, and a listener of Bob's at `bob_listener`.
pub(crate) struct Stage {
    pub(crate) ctx: Context,
    pub(crate) identities: Identities,
    pub(crate) alice: Identifier,
    pub(crate) bob: Identifier,
    pub(crate) listener: SecureChannelListener,
}

pub(crate) const LISTENER: &str = "bob_listener";

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(SecureChannelListenerOptions::new()).await
    }

    pub(crate) async fn with(options: SecureChannelListenerOptions) -> Self {
        Self::with_identities(Identities::in_memory(), options).await
    }

    pub(crate) async fn with_identities(
        identities: Identities,
        options: SecureChannelListenerOptions,
    ) -> Self {
        let ctx = node();
        let alice = identity(&identities, &ctx).await;
        let bob = identity(&identities, &ctx).await;
        let listener =
            identities.create_secure_channel_listener(&ctx, &bob, LISTENER, options).await.unwrap();
        Stage { ctx, identities, alice, bob, listener }
    }

    /// Starts an echoer for peers that present the role `member` by this issuer.
    pub(crate) async fn answer_members(&self, issuer: Identifier) {
        let rule =
            AttributeAccessControl::new(&self.identities, issuer).with_attribute("role", "member");
        let ctx = &self.ctx;
        ctx.start_worker_with_access_control("echoer", Echoer, rule, AllowAll).await.unwrap();
        self.let_in("echoer");
    }

    /// Makes a channel from Alice to Bob.
    pub(crate) async fn channel(&self) -> SecureChannel {
        soon(self.try_channel(SecureChannelOptions::new())).await.unwrap()
    }

    pub(crate) async fn try_channel(&self, options: SecureChannelOptions) -> Result<SecureChannel> {
        self.channel_over(LISTENER, options).await
    }

    pub(crate) async fn channel_over(
        &self,
        route: impl Into<Route>,
        options: SecureChannelOptions,
    ) -> Result<SecureChannel> {
        self.identities.create_secure_channel(&self.ctx, &self.alice, route, options).await
    }

    /// Returns whether the echoer at the other end answers, or denies access.
    pub(crate) async fn is_let_in(&self, channel: &SecureChannel) -> bool {
        let ctx = &self.ctx;
        let denied = || ctx.dead_letters().count(DeadLetterReason::Denied);
        let before = denied();
        let ask = {
            let (handle, route) = (ctx.handle(), route![channel, "echoer"]);
            let body = NeutralMessage::from(vec![1]);
            tokio::spawn(
                async move { handle.send_and_receive::<NeutralMessage>(route, body).await },
            )
        };
        until(|| ask.is_finished() || denied() > before).await;
        let is_answered = ask.is_finished();
        ask.abort();
        is_answered
    }

    /// Makes a worker a consumer of Bob's channels.
    pub(crate) fn let_in(&self, name: &str) {
        self.ctx.flow_controls().add_consumer(name, self.listener.flow_control_id());
    }
}

/// Creates Bob on a separate node, with a listener that some flows can reach, and an echoer that his
/// channels can reach.
pub(crate) async fn answering(ctx: &Context, flows: &[&FlowControlId]) -> Identifier {
    answering_with(SecureChannelListenerOptions::new(), ctx, flows).await
}

/// As [`answering`], with more options.
pub(crate) async fn answering_with(
    options: SecureChannelListenerOptions,
    ctx: &Context,
    flows: &[&FlowControlId],
) -> Identifier {
    let identities = Identities::in_memory();
    let bob = identity(&identities, ctx).await;
    let options = flows.iter().fold(options, |options, flow| options.as_consumer(*flow));
    let listener =
        identities.create_secure_channel_listener(ctx, &bob, LISTENER, options).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    ctx.flow_controls().add_consumer("echoer", listener.flow_control_id());
    bob
}

/// Creates Alice on a separate node, and her channel over a route.
pub(crate) async fn calling(ctx: &Context, route: Route) -> SecureChannel {
    calling_with(ctx, route, SecureChannelOptions::new()).await
}

/// As [`calling`], with options.
pub(crate) async fn calling_with(
    ctx: &Context,
    route: Route,
    options: SecureChannelOptions,
) -> SecureChannel {
    let identities = Identities::in_memory();
    let alice = identity(&identities, ctx).await;
    soon(identities.create_secure_channel(ctx, &alice, route, options)).await.unwrap()
}

/// Sends a message to the echoer at the other end, and waits for it to come back.
pub(crate) async fn echo(ctx: &Context, channel: &SecureChannel, body: Vec<u8>) {
    let body = NeutralMessage::from(body);
    let answer = ctx.send_and_receive::<NeutralMessage>(route![channel, "echoer"], body.clone());
    assert_eq!(soon(answer).await.unwrap(), body);
}
