//! A channel over two connections with a forwarder in the middle, beside the one of the vectors.

use super::link::{Forwarder, Passed, connect};
use super::stage::{Echoer, LISTENER, identity, node, soon, until};
use crate::support::{items, text, vectors};
use ockam_core::{NeutralMessage, Route, route};
use ockam_identity::{Identities, SecureChannelListenerOptions, SecureChannelOptions};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which random addresses are the same, and which names are not random: each address becomes the
/// number of its first appearance, in the order of the messages, or its name.
fn shape(messages: &[(bool, Vec<String>, Vec<String>)]) -> Vec<String> {
    let mut numbers = BTreeMap::new();
    let mut name = |address: &String| {
        if address.len() != 32 {
            return address.clone();
        }
        let next = numbers.len();
        format!("#{}", numbers.entry(address.clone()).or_insert(next))
    };
    let mut write = |route: &[String]| route.iter().map(&mut name).collect::<Vec<_>>().join(" ");
    let messages = messages.iter();
    messages
        .map(|(from, onward, back)| format!("{from}: {} | {}", write(onward), write(back)))
        .collect()
}

fn of_vector(messages: &[Value]) -> Vec<String> {
    let names = |route: &[Value]| route.iter().map(|a| text(a, "text").to_string()).collect();
    let messages: Vec<_> = messages
        .iter()
        .map(|message| {
            let from_first = text(message, "from") == "initiator";
            (
                from_first,
                names(items(message, "onward_route")),
                names(items(message, "return_route")),
            )
        })
        .collect();
    shape(&messages)
}

fn of_ours(passed: &[Passed]) -> Vec<String> {
    let names = |route: &Route| route.iter().map(|a| a.address().to_string()).collect();
    let messages: Vec<_> = passed
        .iter()
        .map(|Passed { from_first, message }| {
            (*from_first, names(&message.onward_route), names(&message.return_route))
        })
        .collect();
    shape(&messages)
}

#[tokio::test]
async fn the_routes_on_both_connections_are_those_of_the_vectors() {
    let (initiator, middle, responder) = (node(), node(), node());
    let (to_middle, from_initiator, near) = connect(&initiator, &middle).await;
    let (to_responder, from_middle, far) = connect(&middle, &responder).await;

    // The middle lets the two connections reach each other, through a forwarder.
    let forwarder = Forwarder(route![to_responder.sender.clone()]);
    middle.start_worker("forward_to_bob", forwarder).await.unwrap();
    let flows = middle.flow_controls();
    flows.add_consumer("forward_to_bob", &from_initiator.flow);
    flows.add_consumer(to_responder.sender.clone(), &from_initiator.flow);
    flows.add_consumer(from_initiator.sender.clone(), &to_responder.flow);

    let identities = Identities::in_memory();
    let bob = identity(&identities, &responder).await;
    let options = SecureChannelListenerOptions::new().as_consumer(&from_middle.flow);
    let listener = identities
        .create_secure_channel_listener(&responder, &bob, LISTENER, options)
        .await
        .unwrap();
    responder.start_worker("echoer", Echoer).await.unwrap();
    responder.flow_controls().add_consumer("echoer", listener.flow_control_id());

    let identities = Identities::in_memory();
    let alice = identity(&identities, &initiator).await;
    let route = route![to_middle.sender, "forward_to_bob", LISTENER];
    let options = SecureChannelOptions::new();
    let channel = identities.create_secure_channel(&initiator, &alice, route, options);
    let channel = soon(channel).await.unwrap();
    assert_eq!(channel.peer(), &bob);
    let echo = initiator.send_and_receive::<NeutralMessage>(
        route![&channel, "echoer"],
        NeutralMessage::from(vec![7; 12]),
    );
    soon(echo).await.unwrap();
    soon(channel.stop(&initiator)).await.unwrap();

    let file = vectors("secure-channel-through-middle.json");
    until(|| near.all().len() == 6 && far.all().len() == 6).await;
    assert_eq!(of_ours(&near.all()), of_vector(items(&file, "near")));
    assert_eq!(of_ours(&far.all()), of_vector(items(&file, "far")));
    // The messages have the lengths of the vectors too, where bodies and names have.
    for (passed, vector) in near.all().iter().zip(items(&file, "near")).take(3) {
        assert_eq!(passed.message.payload.len(), text(vector, "payload").len() / 2);
    }
}
