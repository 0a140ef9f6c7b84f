// examples/06-credentials-exchange-client.rs
// This node asks the issuer for a credential, and shows it to the server, whose echoer answers
// members of the cluster "production" only.
//
// Run the issuer and the server first, then: cargo run --features identity --example 06-credentials-exchange-client

use hello_ockam::known_identity;
use ockam::identity::{Identifier, SecureChannelOptions, TrustIdentifierPolicy, CREDENTIAL_ISSUER};
use ockam::{node, route, Context, Error, Result, TcpConnectionOptions, TcpTransportExtension};

/// The identifier of the issuer, who is trusted to say who is a member.
const ISSUER: &str = "I6316a6dca3b1ffce1dec6b5b969df6981d246e30f572e7d5f4d04d8b5eb13494";

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, client) = known_identity([3; 32]).await?;
    let mut node = node(ctx).with_identities(identities);
    let issuer: Identifier = ISSUER.parse()?;

    // Ask the issuer for a credential, through a secure channel with the issuer and nobody else.
    let tcp = node.create_tcp_transport().await?;
    let connection_to_issuer = tcp
        .connect("127.0.0.1:5000", TcpConnectionOptions::new())
        .await?;
    let options = SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(issuer));
    let r = route![connection_to_issuer, "issuer_listener"];
    let channel_to_issuer = node.create_secure_channel(&client, r, options).await?;
    let r = route![channel_to_issuer, CREDENTIAL_ISSUER];
    let credential = node.request_credential(r, &client, &issuer).await?;

    // Create a secure channel to the server. Show the credential, and believe those of the issuer
    // that the server shows.
    let connection_to_server = tcp
        .connect("127.0.0.1:4000", TcpConnectionOptions::new())
        .await?;
    let options = SecureChannelOptions::new()
        .with_credential(credential)
        .with_authority(issuer);
    let r = route![connection_to_server, "server_listener"];
    let channel_to_server = node.create_secure_channel(&client, r, options).await?;

    // Whoever is at the other end has to be a member as well.
    let attributes = node
        .identities()
        .attributes(channel_to_server.peer(), &issuer)
        .unwrap_or_default();
    if attributes.get("cluster") != Some(b"production") {
        return Err(Error::msg("this server is no member of the cluster"));
    }

    // Send a message to the echoer on the server. Wait to receive a reply and print it.
    let reply = node
        .send_and_receive::<String>(
            route![channel_to_server, "echoer"],
            "Hello Ockam!".to_string(),
        )
        .await?;
    println!("App Received: {}", reply); // should print "Hello Ockam!"

    // Stop all workers, stop the node, cleanup and return.
    node.stop().await
}
