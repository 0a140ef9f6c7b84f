//! What programs that were written after Ockam's tutorials of 2023 say of identities and channels,
//! in the spellings that the examples do not have. The programs themselves are `examples/`.

use ockam::access_control::AllowAll;
use ockam::identity::{
    AllTrustPolicies, AnyTrustPolicy, Identifier, IdentityIdAccessControl, SecureChannel,
    SecureChannelListener, SecureChannelListenerOptions, SecureChannelOptions, TrustEveryonePolicy,
    TrustIdentifierPolicy, TrustMultiIdentifiersPolicy,
};
use ockam::workers::Echoer;
use ockam::{Address, Node, NodeBuilder, Result, Route, node, route};
use std::time::Duration;

/// Starts a listener of a new identity at its address.
async fn listen(
    node: &Node,
    address: &str,
    options: SecureChannelListenerOptions,
) -> Result<(Identifier, SecureChannelListener)> {
    let identity = node.create_identity().await?;
    let spawner = options.spawner_flow_control_id();
    let listener = node.create_secure_channel_listener(&identity, address, options).await?;
    assert_eq!(listener.flow_control_id(), &spawner);
    node.flow_controls().add_consumer("app", listener.flow_control_id());
    node.flow_controls().add_consumer("echoer", &spawner);
    Ok((identity, listener))
}

#[tokio::test]
async fn a_message_goes_through_a_channel_as_in_the_first_program() -> Result<()> {
    let mut node = node(NodeBuilder::new().build()?);
    let options = SecureChannelListenerOptions::new();
    let (bob, _) = listen(&node, "bob_listener", options).await?;
    let alice = node.create_identity().await?;
    let options = SecureChannelOptions::new();
    let channel =
        node.create_secure_channel(&alice, route!["bob_listener"], options.clone()).await?;
    node.send(route![channel.clone(), "app"], "Hello Ockam!".to_string()).await?;
    let message = node.receive::<String>().await?;
    assert_eq!(message.into_body()?, "Hello Ockam!");

    let (address, route): (Address, Route) = (channel.clone().into(), channel.clone().into());
    assert_eq!(route, route![address]);
    assert_eq!(channel.flow_control_id(), &options.flow_control_id());
    // Text and back, as programs hand identifiers around.
    assert_eq!(bob.to_string().parse::<Identifier>()?, bob);
    assert_eq!(format!("{bob}").len(), 65);
    node.stop().await
}

#[tokio::test]
async fn trust_policies_and_access_controls_have_their_names() -> Result<()> {
    let mut node = node(NodeBuilder::new().build()?);
    let (alice, carol) = (node.create_identity().await?, node.create_identity().await?);
    let known = TrustMultiIdentifiersPolicy::new(vec![alice, carol]);
    let options = SecureChannelListenerOptions::new().with_trust_policy(known);
    let (bob, _) = listen(&node, "bob_listener", options).await?;
    let only_alice = IdentityIdAccessControl::new(vec![alice]);
    node.start_worker_with_access_control("echoer", Echoer, only_alice, AllowAll).await?;

    let bob_only = TrustIdentifierPolicy::new(bob);
    let policy = AllTrustPolicies::new(
        TrustEveryonePolicy,
        AnyTrustPolicy::new(TrustIdentifierPolicy::new(alice), bob_only),
    );
    let options =
        SecureChannelOptions::new().with_trust_policy(policy).with_timeout(Duration::from_secs(60));
    let channel: SecureChannel =
        node.create_secure_channel(&alice, "bob_listener", options).await?;
    let reply: String =
        node.send_and_receive(route![channel, "echoer"], "Hello Ockam!".to_string()).await?;
    assert_eq!(reply, "Hello Ockam!");
    node.stop().await
}
