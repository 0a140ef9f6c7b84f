// examples/06-credentials-exchange-stranger.rs
// This node is no member of the cluster "production". The issuer gives it no credential, and
// without one the server's echoer does not answer.
//
// Run the issuer and the server first, then: cargo run --features identity --example 06-credentials-exchange-stranger

use ockam::identity::{Identifier, SecureChannelOptions, TrustIdentifierPolicy, CREDENTIAL_ISSUER};
use ockam::{node, route, Context, MessageSendReceiveOptions, Result};
use ockam::{TcpConnectionOptions, TcpTransportExtension};
use std::time::Duration;

/// The identifier of the issuer, who is trusted to say who is a member.
const ISSUER: &str = "I6316a6dca3b1ffce1dec6b5b969df6981d246e30f572e7d5f4d04d8b5eb13494";

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);

    // This identity is new, so nobody can know it.
    let stranger = node.create_identity().await?;

    // Ask the issuer for a credential.
    let tcp = node.create_tcp_transport().await?;
    let connection_to_issuer = tcp
        .connect("127.0.0.1:5000", TcpConnectionOptions::new())
        .await?;
    let issuer: Identifier = ISSUER.parse()?;
    let options = SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(issuer));
    let r = route![connection_to_issuer, "issuer_listener"];
    let channel_to_issuer = node.create_secure_channel(&stranger, r, options).await?;
    let r = route![channel_to_issuer, CREDENTIAL_ISSUER];
    let credential = node.request_credential(r, &stranger, &issuer).await;
    if let Err(error) = credential {
        println!("Refused: {}", error);
    }

    // Try the server all the same. A secure channel comes about, but nothing that comes through it
    // reaches the echoer. The server does not tell strangers why.
    let connection_to_server = tcp
        .connect("127.0.0.1:4000", TcpConnectionOptions::new())
        .await?;
    let options = SecureChannelOptions::new().with_authority(issuer);
    let r = route![connection_to_server, "server_listener"];
    let channel_to_server = node.create_secure_channel(&stranger, r, options).await?;
    let reply = node
        .send_and_receive_extended::<String>(
            route![channel_to_server, "echoer"],
            "Hello Ockam!".to_string(),
            MessageSendReceiveOptions::new().with_timeout(Duration::from_secs(3)),
        )
        .await;
    match reply {
        Ok(reply) => println!("App Received: {}", reply),
        Err(error) => println!("Refused: {}", error),
    }

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
