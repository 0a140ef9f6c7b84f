//! Bodies in special forms: raw bytes, bodies that are forwarded, and bodies that cannot be
//! encoded or read.

use crate::body::{Pair, Reading, reading};
use crate::support::{Hop, collect, node, soon};
use ockam_core::{
    Any, ErrorKind, Message, NeutralMessage, Result, Routed, TransportMessage, Worker, encode,
    route,
};
use ockam_node::{Context, SendError};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[tokio::test]
async fn a_neutral_message_is_its_bytes() {
    let bytes = vec![0, 1, 2, 255];
    let mut pair = Pair::<NeutralMessage>::new().await;
    for msg in pair.send(&NeutralMessage::from(bytes.clone())).await {
        assert_eq!(msg.payload(), bytes);
        assert_eq!(msg.as_body().as_slice(), bytes);
        assert_eq!(msg.local_message().payload(), &bytes);
        assert_eq!(msg.into_local_message().into_transport_message().payload, bytes);
    }
    // A string is seen with its length in front, as it travels.
    for msg in pair.send(&"Hi".to_string()).await {
        assert_eq!(msg.body().into_vec(), b"\x02Hi");
    }
}

#[tokio::test]
async fn raw_bytes_reach_a_worker_of_the_type_that_they_encode() {
    let mut pair = Pair::<String>::new().await;
    for msg in pair.send(&NeutralMessage::from(b"\x02Hi".to_vec())).await {
        assert_eq!(msg.payload(), b"\x02Hi");
        assert_eq!(msg.body(), "Hi");
    }
}

#[tokio::test]
async fn a_body_that_was_looked_at_on_its_way_arrives_unchanged() {
    /// Looks at the bytes, casts, and forwards.
    struct Nosy;
    impl Worker for Nosy {
        type Context = Context;
        type Message = Any;
        async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
            assert_eq!(msg.payload(), encode(&reading()).unwrap());
            let cast = msg.cast::<Reading>()?;
            assert_eq!(*cast, reading());
            let message = cast.into_local_message().step_forward(ctx.address())?;
            ctx.forward(message).await
        }
    }
    let ctx = node();
    let mut arrived = collect::<Reading>(&ctx, "collector").await;
    for hop in ["nosy 1", "nosy 2"] {
        ctx.start_worker(hop, Nosy).await.unwrap();
    }
    ctx.start_worker("hop", Hop).await.unwrap();
    ctx.send(route!["nosy 1", "hop", "nosy 2", "collector"], reading()).await.unwrap();
    assert_eq!(soon(arrived.recv()).await.unwrap(), reading());
}

#[tokio::test]
async fn a_body_that_is_edited_on_its_way_arrives_edited() {
    struct Editor;
    impl Worker for Editor {
        type Context = Context;
        type Message = Any;
        async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
            let mut message = msg.into_local_message().step_forward(ctx.address())?;
            message.transport_mut().payload[1] = b'J';
            ctx.forward(message).await
        }
    }
    let ctx = node();
    let mut arrived = collect::<String>(&ctx, "collector").await;
    ctx.start_worker("editor", Editor).await.unwrap();
    ctx.send(route!["editor", "collector"], "Hello".to_string()).await.unwrap();
    assert_eq!(soon(arrived.recv()).await.unwrap(), "Jello");
}

#[tokio::test]
async fn a_message_that_comes_back_from_a_failed_send_can_be_sent_again() {
    let ctx = node();
    let error = ctx.send("collector", reading()).await.unwrap_err();
    let message = error.downcast::<SendError>().unwrap().into_message();
    assert_eq!(message.payload(), &encode(&reading()).unwrap());
    let mut arrived = collect::<Reading>(&ctx, "collector").await;
    ctx.forward(message).await.unwrap();
    assert_eq!(soon(arrived.recv()).await.unwrap(), reading());
}

/// A body whose encoding fails.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Stubborn(u32);

impl Message for Stubborn {}

impl Serialize for Stubborn {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("I do not want to"))
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_encoded_ends_its_ask_with_an_error() {
    let ctx = node();
    ctx.start_worker("echoer", crate::support::Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>("echoer", Stubborn(1));
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encoding);
    assert!(error.to_string().contains("Stubborn"), "{error}");
}

#[tokio::test]
async fn bytes_that_are_cut_short_are_an_error_and_not_a_panic() {
    let ctx = node();
    ctx.start_worker("echoer", crate::support::Echoer).await.unwrap();
    let whole = encode(&"Hello".to_string()).unwrap();
    for length in 0..whole.len() {
        let cut = NeutralMessage::from(&whole[..length]);
        let error = soon(ctx.send_and_receive::<String>("echoer", cut)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encoding);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_handled_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let ctx = node();
            let mut arrived = collect::<Reading>(&ctx, "collector").await;
            let message = TransportMessage::new(route!["collector"], route!["app"], bytes.clone());
            ctx.forward(message.into()).await.unwrap();
            ctx.stop_worker("collector").await.unwrap();
            let decoded = ockam_core::decode::<Reading>(&bytes).ok();
            assert_eq!(arrived.recv().await, decoded);
        });
    }
}
