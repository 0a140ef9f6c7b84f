//! What each of the three processes does. All options are the defaults.

use crate::Result;
use ockam::identity::{
    Identifier, Identities, SecureChannelListenerOptions, SecureChannelOptions,
    TrustIdentifierPolicy,
};
use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::RemoteRelayOptions;
use ockam::tcp::TCP;
use ockam::workers::Echoer;
use ockam::{
    MessageSendReceiveOptions, Node, NodeBuilder, RelayService, RelayServiceOptions,
    TcpListenerOptions, TcpTransportExtension, node, route,
};
use std::future::pending;
use std::time::Duration;

/// The time between an answer and the next question.
const PAUSE: Duration = Duration::from_millis(10);

/// Plays the role that the arguments name.
pub(crate) fn play(args: &[String]) -> Result<()> {
    let arg = |at: usize| args.get(at).cloned().ok_or("an argument is missing");
    let (role, relay) = (arg(0)?, arg(1)?);
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match role.as_str() {
            "relay" => serve(&relay).await,
            "owner" => own(relay, &arg(2)?).await,
            "user" => ask(relay, &arg(2)?).await,
            other => Err(format!("there is no role {other}").into()),
        }
    })
}

/// Lets whoever connects register relays, and use them.
async fn serve(address: &str) -> Result<()> {
    let node = node(NodeBuilder::new().build()?);
    let tcp = node.create_tcp_transport().await?;
    let listener = tcp.listen(address, TcpListenerOptions::new()).await?;
    let options = RelayServiceOptions::new()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(listener.flow_control_id())
        .relay_as_consumer(listener.flow_control_id());
    RelayService::create(&node, "forwarding_service", options).await?;
    println!("ready");
    pending().await
}

/// Makes a node with the identity of a file.
async fn known(file: &str) -> Result<(Node, Identifier)> {
    let node = node(NodeBuilder::new().build()?).with_identities(Identities::open(file)?);
    let known = node.identities().own().first().copied();
    let own = match known {
        Some(own) => own,
        None => node.create_identity().await?,
    };
    Ok((node, own))
}

/// Answers who has a channel, over a relay.
async fn own(relay: String, file: &str) -> Result<()> {
    let (node, own) = known(file).await?;
    std::fs::write(format!("{file}.name"), own.to_string())?;
    println!("ready");
    node.create_tcp_transport().await?;
    node.start_worker("echoer", Echoer).await?;
    let options = SecureChannelListenerOptions::new();
    let channels = node.create_secure_channel_listener(&own, "channels", options).await?;
    node.flow_controls().add_consumer("echoer", channels.flow_control_id());
    let options = RemoteRelayOptions::new().with_consumer("channels");
    let relay = node.create_static_relay((TCP, relay), "owner", options).await?;
    println!("registered {}", relay.remote_address());
    pending().await
}

/// Asks again and again.
async fn ask(relay: String, file: &str) -> Result<()> {
    let (node, own) = known(file).await?;
    println!("ready");
    node.create_tcp_transport().await?;
    let owner = std::path::Path::new(file).with_file_name("owner.name");
    let channel = loop {
        // The owner may be about to start.
        if let Ok(name) = std::fs::read_to_string(&owner) {
            let options = SecureChannelOptions::new()
                .with_trust_policy(TrustIdentifierPolicy::new(name.parse()?))
                .with_timeout(Duration::from_secs(2));
            let route = route![(TCP, relay.clone()), "forward_to_owner", "channels"];
            match node.create_secure_channel(&own, route, options).await {
                Ok(channel) => break channel,
                Err(error) => println!("no channel: {error}"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    };
    loop {
        let options = MessageSendReceiveOptions::new();
        let route = route![&channel, "echoer"];
        let question = "Hello".to_string();
        match node.send_and_receive_extended::<String>(route, question, options).await {
            Ok(_) => println!("answered"),
            Err(error) => println!("failed: {error}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
