// examples/19-access-control.rs
// This node starts a worker that takes messages from one address only.
//
// Run it with: cargo run --example 19-access-control

use hello_ockam::Echoer;
use ockam::access_control::AllowSourceAddress;
use ockam::{allow, deny, node, Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // Every address has two rules: for what comes in, and for what goes out.
    let from_friend = AllowSourceAddress("friend".into());
    node.start_worker_with_access_control("echoer", Echoer, from_friend, allow())
        .await?;

    // The app is not the friend. The error comes at once, and the worker never sees the message.
    if let Err(error) = node.send("echoer", "Hello?".to_string()).await {
        println!("App was denied: {}", error);
    }

    // A second context, with an address of its own, in which the main function can send and
    // receive as "friend". The rules look at the address that really sends: writing another one
    // into the return route does not help.
    let mut friend = node.new_detached("friend", allow(), allow()).await?;
    friend
        .send("echoer", "Hello from a friend!".to_string())
        .await?;
    let reply = friend.receive::<String>().await?;
    println!("Friend Received: {}", reply);

    // `deny` closes a direction altogether. This context can be sent to, but cannot send.
    let listener = node.new_detached("listener", allow(), deny()).await?;
    if let Err(error) = listener.send("app", "Hello?".to_string()).await {
        println!("Listener was denied: {}", error);
    }

    node.stop().await
}
