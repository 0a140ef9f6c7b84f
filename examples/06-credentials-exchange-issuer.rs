// examples/06-credentials-exchange-issuer.rs
// This node gives credentials to identities that it knows to be members of a cluster. A credential
// says so in the issuer's name, to whoever trusts the issuer.
//
// Run it with: cargo run --features identity --example 06-credentials-exchange-issuer

use hello_ockam::known_identity;
use ockam::identity::{Attributes, CredentialIssuer, Identifier, SecureChannelListenerOptions};
use ockam::identity::{Identities, CREDENTIAL_ISSUER};
use ockam::{node, Context, Result, TcpListenerOptions, TcpTransportExtension};

/// The identifiers of the members of the cluster "production": the server and the client.
const MEMBERS: [&str; 2] = [
    "Idcdb45ce1799d272eb890b5bd3bbfb642e73ac069fde14a67c05b2a67aecb9bd",
    "I003127034811652f8cba3b02e4e74ae1c052f28daa81b0917d9455a69bb86875",
];

/// Makes the worker that issues credentials to members, who have proved with their secret keys
/// that they are, and to nobody else.
fn credential_issuer(identities: &Identities, issuer: Identifier) -> Result<CredentialIssuer> {
    let members = [MEMBERS[0].parse()?, MEMBERS[1].parse()?];
    let attributes = Attributes::new(1).with("cluster", "production");
    let register = move |subject: &Identifier| {
        let is_member = members.contains(subject);
        is_member.then(|| attributes.clone())
    };
    Ok(CredentialIssuer::new(identities, issuer, register))
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    // Everybody knows the issuer by its identifier, so it is the same at each start.
    let (identities, issuer) = known_identity([1; 32]).await?;
    let node = node(ctx).with_identities(identities);

    // Start the worker that gives credentials to those who ask.
    let worker = credential_issuer(node.identities(), issuer)?;
    node.start_worker(CREDENTIAL_ISSUER, worker).await?;

    // Create a TCP listener and wait for incoming connections.
    let tcp = node.create_tcp_transport().await?;
    let listener = tcp
        .listen("127.0.0.1:5000", TcpListenerOptions::new())
        .await?;

    // As the issuer, wait for others who want a secure channel, and let what comes through it
    // reach the worker.
    let options = SecureChannelListenerOptions::new().as_consumer(listener.flow_control_id());
    let channels = node
        .create_secure_channel_listener(&issuer, "issuer_listener", options)
        .await?;
    node.flow_controls()
        .add_consumer(CREDENTIAL_ISSUER, channels.flow_control_id());

    println!("Issuer {}", issuer);
    println!("Listening on {}", listener.socket_address());

    // Don't stop the node, so that it goes on receiving messages.
    Ok(())
}
