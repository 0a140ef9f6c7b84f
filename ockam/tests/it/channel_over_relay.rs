//! A secure channel to the owner of a relay, who comes back over another connection.

use crate::support::{ask, eventually, link, ms};
use ockam::identity::{
    Identities, NodeRng, SecureChannel, SecureChannelListenerOptions, SecureChannelOptions,
};
use ockam::relay::STATIC_FORWARDING_SERVICE;
use ockam::remote::{RemoteRelay, RemoteRelayOptions};
use ockam::workers::Echoer;
use ockam::{RelayService, RelayServiceOptions, route};
use ockam_transport_memory::{LinkEnd, MemoryNode, Network, simulate};
use std::time::Duration;

/// More than what a channel trusts its way for without a word from the other side.
const PAUSE: Duration = Duration::from_secs(2);

struct Scene {
    network: Network,
    owner: MemoryNode,
    middle: MemoryNode,
    user: MemoryNode,
    channel: SecureChannel,
    /// The owner's connection, at the middle.
    down: LinkEnd,
}

async fn scene() -> Scene {
    let network = Network::new(1);
    let [owner, middle, user] = ["owner", "middle", "user"].map(|name| network.node(name).unwrap());
    let (user_up, user_down) = link(&network, &user, &middle).await;
    let options = RelayServiceOptions::new()
        .with_alias(STATIC_FORWARDING_SERVICE)
        .with_prefix("")
        .relay_as_consumer(user_down.flow_control_id());
    RelayService::create(&middle, "forwarding_service", options).await.unwrap();

    let identities = Identities::in_memory();
    let rng = &mut NodeRng::new(&user);
    let bob = identities.create_identity(rng).await.unwrap();
    let alice = identities.create_identity(rng).await.unwrap();
    let options = SecureChannelListenerOptions::new().as_consumer(owner.flow_control_id());
    let listener = identities.create_secure_channel_listener(&owner, &bob, "bob", options);
    let listener = listener.await.unwrap();
    owner.start_worker("echoer", Echoer).await.unwrap();
    owner.flow_controls().add_consumer("echoer", listener.flow_control_id());

    let down = connect(&network, &middle, &owner).await;
    let way = route![user_up, "cellar", "bob"];
    let channel = identities.create_secure_channel(&user, &alice, way, SecureChannelOptions::new());
    let channel = channel.await.unwrap();
    Scene { network, owner, middle, user, channel, down }
}

/// Connects the owner, who registers the name of the relay, and returns the end at the middle.
async fn connect(network: &Network, middle: &MemoryNode, owner: &MemoryNode) -> LinkEnd {
    let (down, up) = link(network, middle, owner).await;
    middle.flow_controls().add_consumer(STATIC_FORWARDING_SERVICE, down.flow_control_id());
    let options = RemoteRelayOptions::new().with_consumer("bob");
    RemoteRelay::create_static(owner, &up, "cellar", options).await.unwrap();
    down
}

impl Scene {
    async fn is_answered(&self) -> bool {
        ask(&self.user, route![&self.channel, "echoer"], "Hello").await.is_ok()
    }

    /// Loses the owner's connection, and so many messages; then it is there again.
    async fn lose(&mut self, messages: usize) {
        self.network.disconnect(&self.down);
        let address = self.down.address();
        let is_gone = || !self.middle.is_worker_registered_at(address.clone());
        eventually("it is gone", is_gone).await;
        tokio::time::sleep(PAUSE).await;
        for _ in 0..messages {
            self.user.send(route![&self.channel, "nobody"], 1u8).await.unwrap();
        }
        // On this clock everything that can arrive has arrived.
        tokio::time::sleep(ms(10)).await;
        self.down = connect(&self.network, &self.middle, &self.owner).await;
    }
}

#[test]
fn the_first_ask_is_answered_after_the_owner_of_the_relay_has_come_back() {
    simulate(async {
        for lost in [0, 1, 31, 32, 33] {
            let mut scene = scene().await;
            assert!(scene.is_answered().await);
            // More than once, since the channel has to learn of each.
            for _ in 0..2 {
                scene.lose(lost).await;
                assert!(scene.is_answered().await, "{lost} lost");
                assert!(scene.is_answered().await, "{lost} lost");
            }
        }
    });
}

#[test]
fn a_channel_that_is_in_use_goes_past_the_relay_also_after_the_owner_has_come_back() {
    simulate(async {
        let mut scene = scene().await;
        assert!(scene.is_answered().await);
        scene.lose(1).await;
        assert!(scene.is_answered().await);
        scene.middle.stop_worker("cellar").await.unwrap();
        for _ in 0..3 {
            tokio::time::sleep(PAUSE).await;
            assert!(scene.is_answered().await);
        }
    });
}
