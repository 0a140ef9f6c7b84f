//! What several modules need: nodes around a relay service, and asks with a limit.

use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam::{
    Handle, MessageSendReceiveOptions, RelayService, RelayServiceOptions, Result, Route, route,
};
use ockam_transport_memory::{LinkEnd, LinkOptions, MemoryNode, Network};
use std::time::Duration;

/// How long a test waits for what has to happen, on a machine that is very busy.
pub(crate) const PATIENCE: Duration = Duration::from_secs(25);

pub(crate) fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// An owner behind a firewall and a user, both connected to a node in the middle that runs a relay
/// service. The owner has an echoer.
pub(crate) struct Scene {
    pub(crate) network: Network,
    pub(crate) owner: MemoryNode,
    pub(crate) middle: MemoryNode,
    pub(crate) user: MemoryNode,
    /// The owner's end of its link to the middle, and the middle's.
    pub(crate) owner_up: LinkEnd,
    pub(crate) owner_down: LinkEnd,
    /// The same for the user.
    pub(crate) user_up: LinkEnd,
    pub(crate) user_down: LinkEnd,
    pub(crate) service: RelayService,
}

/// Makes options for a service whose relays have the names that their owners want.
pub(crate) fn plain() -> RelayServiceOptions {
    RelayServiceOptions::new().with_prefix("")
}

pub(crate) async fn scene(options: RelayServiceOptions) -> Scene {
    let network = Network::new(1);
    let [owner, middle, user] = ["owner", "middle", "user"].map(|name| network.node(name).unwrap());
    let (owner_up, owner_down) = link(&network, &owner, &middle).await;
    let (user_up, user_down) = link(&network, &user, &middle).await;
    let options = options
        .with_alias(STATIC_FORWARDING_SERVICE)
        .service_as_consumer(owner_down.flow_control_id())
        .relay_as_consumer(user_down.flow_control_id());
    let service = RelayService::create(&middle, "forwarding_service", options).await.unwrap();
    owner.start_worker("echoer", Echoer).await.unwrap();
    Scene { network, owner, middle, user, owner_up, owner_down, user_up, user_down, service }
}

pub(crate) async fn link(network: &Network, a: &MemoryNode, b: &MemoryNode) -> (LinkEnd, LinkEnd) {
    network.link(a, b, LinkOptions::new()).await.unwrap()
}

impl Scene {
    /// Registers a relay of a name for the owner, through which its echoer is reached.
    pub(crate) async fn register(&self, name: &str) -> ockam::remote::RemoteRelayInfo {
        let options = RemoteRelayOptions::new().with_consumer("echoer");
        RemoteRelay::create_static(&self.owner, &self.owner_up, name, options).await.unwrap()
    }

    /// Asks the owner's echoer as the user, through the relay of a name.
    pub(crate) async fn ask(&self, name: &str) -> Result<String> {
        ask(&self.user, route![&self.user_up, name, "echoer"], name).await
    }
}

pub(crate) async fn ask(node: &Handle, route: impl Into<Route>, text: &str) -> Result<String> {
    let options = MessageSendReceiveOptions::new().with_timeout(ms(1000));
    let answer = node.send_and_receive_extended::<String>(route, text.to_string(), options);
    Ok(answer.await?.body())
}

/// Waits until a condition holds, which nothing announces; on a paused clock this costs no time.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..200_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(ms(1)).await;
    }
    panic!("it never came about: {what}");
}
