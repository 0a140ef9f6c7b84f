// examples/25-error-across-tcp-initiator.rs
// This node asks a worker on another node for something that it cannot do, and is told at once.
//
// Run the responder first, then: cargo run --example 25-error-across-tcp-initiator

use ockam::error::RemoteFailure;
use ockam::TcpTransportExtension;
use ockam::{node, route, Context, Result, TcpConnectionOptions};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    let tcp = node.create_tcp_transport().await?;
    let connection = tcp
        .connect("localhost:4000", TcpConnectionOptions::new())
        .await?;
    let parser = route![connection, "parser"];

    // The error comes back in the round trip of the question. A worker of Ockam 0.150 would leave the
    // asker waiting for its timeout.
    let answer = node
        .send_and_receive::<u32>(parser.clone(), "forty-two".to_string())
        .await;
    match answer {
        Ok(number) => println!("App Received: {}", number),
        Err(error) => {
            println!("App was told: {}", error);
            // The kind is that of an error on one node. The rest is in the failure.
            println!("Kind: {:?}", error.kind());
            if let Some(failure) = error.downcast_ref::<RemoteFailure>() {
                println!("Reason: {:?}", failure.reason());
                println!("Text: {:?}", failure.text());
            }
        }
    }

    // The worker and the connection are still there.
    let number: u32 = node.send_and_receive(parser, "42".to_string()).await?;
    println!("App Received: {}", number);

    node.stop().await
}
