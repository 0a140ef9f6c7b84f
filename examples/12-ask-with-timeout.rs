// examples/12-ask-with-timeout.rs
// This node asks workers, which is sending a message and waiting for its reply in one call, and
// gives up on one that never replies.
//
// Run it with: cargo run --example 12-ask-with-timeout

use hello_ockam::Echoer;
use ockam::{node, Context, ErrorKind, MessageSendReceiveOptions, Result, Routed, Worker};
use std::time::Duration;

/// Takes every message and never replies.
struct Silent;

#[ockam::worker]
impl Worker for Silent {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, _ctx: &mut Context, _msg: Routed<String>) -> Result<()> {
        Ok(())
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("echoer", Echoer).await?;
    node.start_worker("silent", Silent).await?;

    // The reply comes straight back to this call: a message from anybody else that is waiting for
    // the app cannot be taken for it. It waits for 30 seconds at most.
    let hello = "Hello Ockam!".to_string();
    let reply: String = node.send_and_receive("echoer", hello).await?;
    println!("App Received: {}", reply);

    // With options, it waits as long as you say, and the reply comes with its routes.
    let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_secs(5));
    let again = "Hello again!".to_string();
    let reply: Routed<String> = node
        .send_and_receive_extended("echoer", again, options)
        .await?;
    println!("App Received: {} from {}", reply, reply.src_addr());

    // Nobody answers this one. The kind of an error says what can be done about it.
    let options = MessageSendReceiveOptions::new().with_timeout(Duration::from_millis(100));
    let hello = "Hello?".to_string();
    let reply: Result<Routed<String>> = node
        .send_and_receive_extended("silent", hello, options)
        .await;
    match reply {
        Ok(reply) => println!("App Received: {}", reply),
        Err(error) if error.kind() == ErrorKind::TimedOut => println!("App gave up: {}", error),
        Err(error) => return Err(error),
    }

    node.stop().await
}
