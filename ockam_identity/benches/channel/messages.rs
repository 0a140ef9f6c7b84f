//! Messages: encryption, decryption, and the path through the workers of a channel on one node.

use crate::{Run, Workload};
use ockam_core::{NeutralMessage, Result, Route, Routed, TransportMessage, Worker, route};
use ockam_identity::channel::{ChannelMessage, Opener, Sealer};
use ockam_identity::vault::Secret;
use ockam_identity::{Identities, NodeRng, SecureChannelListenerOptions, SecureChannelOptions};
use ockam_node::{Context, NodeBuilder};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use std::sync::Arc;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// Length of a body in bytes.
pub(crate) const BODY: usize = 16 * 1024;

/// Number of messages in flight.
pub(crate) const IN_FLIGHT: usize = 256;

pub(crate) fn workloads() -> Vec<Workload> {
    vec![
        Workload {
            name: "seal_16k",
            bytes: Some(BODY),
            is_alone: true,
            run: seal(),
            floor: Some(raw_seal()),
        },
        Workload { name: "both_16k", bytes: Some(BODY), is_alone: true, run: both(), floor: None },
        Workload {
            name: "one_way_16k",
            bytes: Some(BODY),
            is_alone: false,
            run: one_way(true),
            floor: Some(one_way(false)),
        },
        Workload {
            name: "echo",
            bytes: None,
            is_alone: false,
            run: echo(true),
            floor: Some(echo(false)),
        },
    ]
}

fn message() -> TransportMessage {
    TransportMessage::new(route!["sink"], Route::new(), vec![7; BODY])
}

/// Encodes and encrypts.
fn seal() -> Run<'static> {
    let mut sealer = Sealer::new(&Secret::from([7; 32]));
    let message = message();
    Box::new(move |messages| {
        for _ in 0..messages {
            let mut buffer = ChannelMessage::data_to_buffer(&message);
            sealer.seal(&mut buffer).expect("it has numbers left");
        }
    })
}

/// Only encrypts.
fn raw_seal() -> Run<'static> {
    let key = UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("it is a key");
    let key = LessSafeKey::new(key);
    let mut body = vec![7; BODY];
    Box::new(move |messages| {
        for _ in 0..messages {
            let nonce = Nonce::assume_unique_for_key([0; 12]);
            let tag = key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut body);
            let _ = std::hint::black_box(tag.expect("it is short"));
        }
    })
}

/// Encodes, encrypts, decrypts and decodes.
fn both() -> Run<'static> {
    let key = Secret::from([7; 32]);
    let (mut sealer, mut opener) = (Sealer::new(&key), Opener::new(&key));
    let message = message();
    Box::new(move |messages| {
        for _ in 0..messages {
            let mut buffer = ChannelMessage::data_to_buffer(&message);
            sealer.seal(&mut buffer).expect("it has numbers left");
            opener.open(&mut buffer).expect("it is authentic");
            ChannelMessage::from_buffer(buffer).expect("it is whole");
        }
    })
}

pub(crate) struct Sink(pub(crate) Arc<Semaphore>);

impl Worker for Sink {
    type Context = Context;
    type Message = NeutralMessage;

    async fn handle_message(&mut self, _: &mut Context, _: Routed<NeutralMessage>) -> Result<()> {
        self.0.add_permits(1);
        Ok(())
    }
}

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

/// A node with a route to a worker, with or without a channel.
struct Stage {
    runtime: Runtime,
    ctx: Context,
    route: Route,
}

fn stage(name: &'static str, worker: impl Worker<Context = Context>, channel: bool) -> Stage {
    let runtime = Runtime::new().expect("the system has threads");
    let (ctx, route) = runtime.block_on(async {
        let ctx = NodeBuilder::new().build().expect("it is in a runtime");
        ctx.start_worker(name, worker).await.expect("the name is free");
        let route = if channel { through_a_channel(&ctx, name).await } else { Ok(route![name]) };
        (ctx, route.expect("both sides are honest"))
    });
    Stage { runtime, ctx, route }
}

async fn through_a_channel(ctx: &Context, name: &'static str) -> Result<Route> {
    let identities = Identities::in_memory();
    let rng = &mut NodeRng::new(ctx);
    let alice = identities.create_identity(rng).await?;
    let bob = identities.create_identity(rng).await?;
    let options = SecureChannelListenerOptions::new();
    let listener =
        identities.create_secure_channel_listener(ctx, &bob, "listener", options).await?;
    ctx.flow_controls().add_consumer(name, listener.flow_control_id());
    let options = SecureChannelOptions::new();
    let channel = identities.create_secure_channel(ctx, &alice, "listener", options).await?;
    Ok(route![channel, name])
}

fn one_way(channel: bool) -> Run<'static> {
    let room = Arc::new(Semaphore::new(IN_FLIGHT));
    let Stage { runtime, ctx, route } = stage("sink", Sink(Arc::clone(&room)), channel);
    Box::new(move |messages| {
        runtime.block_on(async {
            for _ in 0..messages {
                room.acquire().await.expect("it is never closed").forget();
                let body = NeutralMessage::from(vec![7; BODY]);
                ctx.send(route.clone(), body).await.expect("the worker exists");
            }
            // Wait for the messages in flight.
            let all = room.acquire_many(IN_FLIGHT as u32).await;
            drop(all.expect("it is never closed"));
        });
    })
}

fn echo(channel: bool) -> Run<'static> {
    let Stage { runtime, ctx, route } = stage("echoer", Echoer, channel);
    Box::new(move |trips| {
        runtime.block_on(async {
            for _ in 0..trips {
                let body = NeutralMessage::from(vec![7; 12]);
                let answer = ctx.send_and_receive::<NeutralMessage>(route.clone(), body).await;
                answer.expect("the worker answers");
            }
        });
    })
}
