//! A channel over two connections with a forwarder in the middle, compared with the vectors.

use super::link::{Forwarder, Passed, connect};
use super::stage::{LISTENER, answering_with, calling, echo, node, soon, until};
use crate::support::{items, text, vectors};
use ockam_core::{Route, route};
use ockam_identity::SecureChannelListenerOptions;
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

/// On a clock that stands still: after a pause the initiator would send along two ways.
#[tokio::test(start_paused = true)]
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

    // Only messages that Ockam 0.150 sends too.
    let options = SecureChannelListenerOptions::new().without_refusals();
    let bob = answering_with(options, &responder, &[&from_middle.flow]).await;
    let route = route![to_middle.sender, "forward_to_bob", LISTENER];
    let channel = calling(&initiator, route).await;
    assert_eq!(channel.peer(), &bob);
    echo(&initiator, &channel, vec![7; 12]).await;
    soon(channel.stop(&initiator)).await.unwrap();

    let file = vectors("secure-channel-through-middle.json");
    until(|| near.all().len() == 6 && far.all().len() == 6).await;
    assert_eq!(of_ours(&near.all()), of_vector(items(&file, "near")));
    assert_eq!(of_ours(&far.all()), of_vector(items(&file, "far")));
    // The other end has ended too, without a message: only the workers of the connection remain.
    until(|| responder.list_workers().iter().filter(|name| name.len() == 32).count() == 2).await;
    assert_eq!(near.all().len(), 6);
    // The messages have the lengths of the vectors too, where bodies and names have.
    for (passed, vector) in near.all().iter().zip(items(&file, "near")).take(3) {
        // The initiator cannot know yet, and marks its message 1 with one byte behind the key.
        let mark = usize::from(text(vector, "payload").len() == 2 * 32);
        assert_eq!(passed.message.payload.len(), text(vector, "payload").len() / 2 + mark);
    }
}
