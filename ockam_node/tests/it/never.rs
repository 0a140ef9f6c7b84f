//! A limit that the clock cannot add means never, in every call that takes a limit.

use crate::support::{Echoer, node, poll, soon};
use ockam_node::{DelayedEvent, MessageReceiveOptions, MessageSendReceiveOptions};
use std::pin::pin;
use std::time::Duration;

#[tokio::test]
async fn a_limit_that_the_clock_cannot_add_means_never() {
    let mut ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let ask = MessageSendReceiveOptions::new().with_timeout(Duration::MAX);
    let asked = ctx.send_and_receive_extended::<String>("echoer", "hello".to_string(), ask);
    assert_eq!(soon(asked).await.unwrap().body(), "hello");
    let mut event = DelayedEvent::create(&ctx, "app", 1_u8).await.unwrap();
    event.schedule(Duration::MAX).await.unwrap();
    assert_eq!(ctx.within(Duration::MAX, async { 7 }).await, Some(7));
    assert!(poll(pin!(ctx.sleep(Duration::MAX))).is_pending());
    let receive = MessageReceiveOptions::new().with_timeout(Duration::MAX);
    assert!(poll(pin!(ctx.receive_extended::<u8>(receive))).is_pending());
    event.cancel();
    soon(ctx.stop_within(Duration::MAX)).await.unwrap();
}
