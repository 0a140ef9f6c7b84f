// examples/06-credentials-exchange-server.rs
// This node has an echoer for members of the cluster "production". It knows none of them: it
// trusts the issuer, who does.
//
// Run the issuer first, then: cargo run --features identity --example 06-credentials-exchange-server

use hello_ockam::{known_identity, Echoer};
use ockam::access_control::AllowAll;
use ockam::identity::{AttributeAccessControl, Identifier, TrustIdentifierPolicy};
use ockam::identity::{SecureChannelListenerOptions, SecureChannelOptions, CREDENTIAL_ISSUER};
use ockam::{node, route, Context, Result};
use ockam::{TcpConnectionOptions, TcpListenerOptions, TcpTransportExtension};

/// The identifier of the issuer, who is trusted to say who is a member.
const ISSUER: &str = "I6316a6dca3b1ffce1dec6b5b969df6981d246e30f572e7d5f4d04d8b5eb13494";

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let (identities, server) = known_identity([2; 32]).await?;
    let node = node(ctx).with_identities(identities);
    let issuer: Identifier = ISSUER.parse()?;

    // Ask the issuer for a credential, through a secure channel with the issuer and nobody else.
    let tcp = node.create_tcp_transport().await?;
    let connection_to_issuer = tcp
        .connect("127.0.0.1:5000", TcpConnectionOptions::new())
        .await?;
    let options = SecureChannelOptions::new().with_trust_policy(TrustIdentifierPolicy::new(issuer));
    let r = route![connection_to_issuer, "issuer_listener"];
    let channel_to_issuer = node.create_secure_channel(&server, r, options).await?;
    let r = route![channel_to_issuer, CREDENTIAL_ISSUER];
    let credential = node.request_credential(r, &server, &issuer).await?;

    // Create an echoer worker for members: for those of whom the issuer says that they are, in a
    // credential that they have shown.
    let members = AttributeAccessControl::new(node.identities(), issuer)
        .with_attribute("cluster", "production");
    node.start_worker_with_access_control("echoer", Echoer, members, AllowAll)
        .await?;

    // Create a TCP listener and wait for incoming connections.
    let listener = tcp
        .listen("127.0.0.1:4000", TcpListenerOptions::new())
        .await?;

    // Wait for others who want a secure channel. Show them the credential, and believe those of
    // the issuer that they show.
    let options = SecureChannelListenerOptions::new()
        .as_consumer(listener.flow_control_id())
        .with_credential(credential)
        .with_authority(issuer);
    let channels = node
        .create_secure_channel_listener(&server, "server_listener", options)
        .await?;
    node.flow_controls()
        .add_consumer("echoer", channels.flow_control_id());

    println!("Server {}", server);
    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
