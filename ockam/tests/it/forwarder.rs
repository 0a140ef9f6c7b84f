//! The forwarder of the facade between two connections.

use crate::support::{ask, link, ms};
use ockam::workers::{Echoer, Relay};
use ockam::{MessageSendReceiveOptions, route};
use ockam_transport_memory::{Network, simulate};

#[test]
fn a_relay_between_two_connections_is_visited_by_the_first_message_only() {
    simulate(async {
        let network = Network::new(1);
        let [user, middle, far] = ["user", "middle", "far"].map(|name| network.node(name).unwrap());
        let (up, down) = link(&network, &user, &middle).await;
        let (onward, far_end) = link(&network, &middle, &far).await;
        far.start_worker("echoer", Echoer).await.unwrap();
        far.flow_controls().add_consumer("echoer", far_end.flow_control_id());
        middle.start_worker("relay", Relay::new(&onward)).await.unwrap();
        middle.flow_controls().add_consumer("relay", down.flow_control_id());

        // The way is not open before.
        let direct = route![&up, onward.address(), "echoer"];
        assert!(ask(&user, direct.clone(), "too early").await.is_err());
        let options = MessageSendReceiveOptions::new().with_timeout(ms(1000));
        let through = route![&up, "relay", "echoer"];
        let answer = user
            .send_and_receive_extended::<String>(through, "Hello".to_string(), options)
            .await
            .unwrap();
        assert_eq!(answer.as_body(), "Hello");
        assert_eq!(answer.return_route(), direct, "the answer names the forwarder");

        middle.stop_worker("relay").await.unwrap();
        assert_eq!(ask(&user, direct, "again").await.unwrap(), "again");
        // What the relay opened are the connections, and nothing else.
        middle.start_worker("private", Echoer).await.unwrap();
        for private in [route![&up, "private"], route![&up, onward.address(), "private"]] {
            assert!(ask(&user, private, "in").await.is_err());
        }
    });
}
