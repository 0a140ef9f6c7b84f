//! The uses of `ockam_core`, each of which tells whether its results were right.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::any::Any;
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use ockam_core::{
    Address, AllIncoming, AllowAll, AllowOnwardAddress, AllowSourceAddress, AnyIncoming,
    Authorization, DenyAll, EncodeError, Error, ErrorKind, FlowControlId, FlowControlTable,
    LocalInfo, LocalMessage, Mailbox, Mailboxes, Message, NeutralMessage, Payload, RelayMessage,
    Result, Route, Routed, TCP, TransportMessage, TypeName, TypedBody, Worker, decode, encode,
    route,
};
use serde::{Deserialize, Serialize};

/// A use of the crate, and its name.
pub type Check = (&'static str, fn() -> bool);

/// All of them, in an order that never changes, since their numbers are exit codes.
pub const CHECKS: &[Check] = &[
    ("addresses", addresses),
    ("routes", routes),
    ("bodies", bodies),
    ("local messages", local_messages),
    ("typed bodies", typed_bodies),
    ("access controls", access_controls),
    ("mailboxes", mailboxes),
    ("flow controls", flow_controls),
    ("errors", errors),
    ("workers", workers),
];

fn addresses() -> bool {
    let echoer = Address::from("echoer");
    let long = "x".repeat(200);
    echoer == Address::from("0#echoer")
        && echoer.to_string() == "0#echoer"
        && Address::from((TCP, "127.0.0.1:4000")).to_string() == "1#127.0.0.1:4000"
        && "abc#x".parse::<Address>().is_err()
        && Address::from(long.as_str()).address() == long
        && Address::from_random(TCP, [0xab; 16]).address() == "ab".repeat(16)
        && decode::<Address>(&encode(&echoer).unwrap_or_default()) == Ok(echoer)
}

fn routes() -> bool {
    let mut route = route!["h1", (TCP, "127.0.0.1:4000"), "echoer"];
    route.modify().prepend("h0");
    let stepped = route.step();
    stepped.is_ok_and(|first| first == "h0".into())
        && route.len() == 3
        && route.to_string().parse::<Route>().is_ok_and(|parsed| parsed == route)
        && route.recipient().is_ok_and(|last| last == "echoer".into())
        && decode::<Route>(&encode(&route).unwrap_or_default()) == Ok(route)
        && Route::new().step().is_err_and(|error| error.kind() == ErrorKind::InvalidInput)
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Reading {
    Celsius(f32),
    Many { label: String, values: Vec<u32>, next: Option<u8> },
}

impl Message for Reading {}

fn bodies() -> bool {
    let one = Reading::Celsius(21.5);
    let many = Reading::Many { label: "mast".into(), values: vec![1, 300], next: None };
    let back = |body: &Reading| decode::<Reading>(&encode(body).unwrap_or_default());
    back(&one) == Ok(one.clone())
        && back(&many) == Ok(many)
        && encode(&String::from("Hello")).is_ok_and(|bytes| bytes == b"\x05Hello")
        && encode(&NeutralMessage::from(vec![1, 2])).is_ok_and(|bytes| bytes == [1, 2])
        && decode::<Reading>(&[9]).is_err_and(|error| error.expected() == TypeName::of::<Reading>())
}

/// A message from `app` to `h1` and on to `echoer`, with the body "Hello".
fn hello() -> LocalMessage {
    let payload = encode(&String::from("Hello")).unwrap_or_default();
    TransportMessage::new(route!["h1", "echoer"], route!["app"], payload).into()
}

fn local_messages() -> bool {
    let mut message = hello();
    message.local_info_mut().push(LocalInfo::new(7u8));
    let Ok(message) = message.step_forward("h1") else { return false };
    let forwarded = message.onward_route() == &route!["echoer"]
        && message.return_route() == &route!["h1", "app"]
        && message.find_local_info::<u8>() == Some(&7);
    let wrong = Routed::<Reading>::decode(message.clone());
    let right = Routed::<String>::decode(message);
    forwarded
        && wrong.is_err()
        && right.is_ok_and(|msg| msg.sender().is_ok() && msg.body() == "Hello")
}

/// A body that stays typed until its bytes are needed.
struct Typed {
    body: Option<u32>,
    bytes: Vec<u8>,
}

impl TypedBody for Typed {
    fn type_name(&self) -> TypeName {
        TypeName::of::<u32>()
    }

    fn take(&mut self, slot: &mut dyn Any) -> bool {
        slot.downcast_mut::<Option<u32>>().is_some_and(|slot| {
            *slot = self.body.take();
            slot.is_some()
        })
    }

    fn put(&mut self, slot: &mut dyn Any) {
        if let Some(slot) = slot.downcast_mut::<Option<u32>>() {
            self.body = slot.take();
        }
    }

    fn bytes(&self, _: Option<&dyn Any>) -> core::result::Result<&[u8], EncodeError> {
        Ok(&self.bytes)
    }
}

fn typed_bodies() -> bool {
    let message = |body| {
        let payload = Payload::typed(Typed { body: Some(body), bytes: vec![body as u8] });
        LocalMessage::from(TransportMessage::new(route!["w"], route!["app"], payload))
    };
    // 9 travels as it is; 5 is read by a worker of another type, from its bytes.
    Routed::<u32>::decode(message(9)).is_ok_and(|msg| msg.payload() == [9] && msg.body() == 9)
        && Routed::<u8>::decode(message(5)).is_ok_and(|msg| msg.body() == 5)
}

fn allows(authorization: Authorization<'_>) -> bool {
    match authorization {
        Authorization::Allowed => true,
        Authorization::Denied => false,
        Authorization::Later(mut answer) => {
            let answer = answer.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            matches!(answer, Poll::Ready(Ok(true)))
        }
    }
}

fn access_controls() -> bool {
    let (app, h1, message) = ("app".into(), "h1".into(), hello());
    let passage = RelayMessage::new(&app, &h1, &message);
    let from_app = || AllowSourceAddress("app".into());
    let enters = |mailbox: Mailbox| allows(mailbox.incoming(passage));
    enters(Mailbox::new("h1", from_app(), DenyAll))
        && !enters(Mailbox::new("h1", AllowSourceAddress("other".into()), AllowAll))
        && enters(Mailbox::new("h1", AnyIncoming::new().with(DenyAll).with(from_app()), AllowAll))
        && !enters(Mailbox::new("h1", AllIncoming::new().with(DenyAll).with(from_app()), AllowAll))
        && allows(Mailbox::new("app", DenyAll, AllowOnwardAddress(h1.clone())).outgoing(passage))
        && !allows(Mailbox::deny_all("app").outgoing(passage))
}

fn mailboxes() -> bool {
    let all = Mailboxes::new(Mailbox::allow_all("main"), vec![Mailbox::deny_all("alias")]);
    all.addresses().count() == 2
        && all.primary_address() == &"main".into()
        && all.find(&"alias".into()).is_some()
        && all.find(&"other".into()).is_none()
}

fn flow_controls() -> bool {
    let mut flows = FlowControlTable::default();
    let (listener, connection) = (FlowControlId::from("l"), FlowControlId::from_random([7; 16]));
    let (receiver, echoer) = ("receiver".into(), "echoer".into());
    flows.add_spawner("listener".into(), &listener);
    flows.add_producer("receiver".into(), &connection, Some(&listener), vec!["sender".into()]);
    let before = flows.may_reach(&receiver, &echoer);
    flows.add_consumer("echoer".into(), &listener);
    let after = flows.may_reach(&receiver, &echoer);
    let from_sender = flows.find_flow_control_with_producer_address(&"sender".into());
    let known = from_sender.is_some_and(|info| info.flow_control_id() == &connection);
    for address in [receiver, echoer, "listener".into()] {
        flows.remove(&address);
    }
    !before && after && known && flows.is_empty()
}

fn errors() -> bool {
    let error =
        Error::with_kind(ErrorKind::NotFound, "no worker at 0#ecoher").add_context("sending");
    let text = error.to_string();
    error.kind() == ErrorKind::NotFound && text.contains("sending") && text.contains("0#ecoher")
}

/// Adds up what it is sent, in the place of a node's context.
struct Adder;

impl Worker for Adder {
    type Context = u32;
    type Message = u32;

    async fn handle_message(&mut self, sum: &mut u32, msg: Routed<u32>) -> Result<()> {
        *sum += msg.body();
        Ok(())
    }
}

fn workers() -> bool {
    let mut sum = 40;
    let payload = encode(&2u32).unwrap_or_default();
    let message = TransportMessage::new(route!["adder"], route!["app"], payload);
    let Ok(msg) = Routed::decode(message.into()) else { return false };
    let mut worker = Adder;
    let handled =
        pin!(worker.handle_message(&mut sum, msg)).poll(&mut Context::from_waker(Waker::noop()));
    matches!(handled, Poll::Ready(Ok(()))) && sum == 42
}
