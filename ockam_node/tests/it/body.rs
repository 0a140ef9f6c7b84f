//! Bodies that came as Rust values and bodies that came as bytes: nobody can tell them apart.

use crate::support::{Collector, node, soon};
use ockam_core::{
    Any, LocalInfo, LocalMessage, Message, NeutralMessage, Result, Routed, TransportMessage,
    Worker, encode, route,
};
use ockam_node::Context;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use tokio::sync::mpsc;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) sensor: String,
    pub(crate) values: Vec<i64>,
    pub(crate) note: Option<Note>,
}

impl Message for Reading {}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Note {
    Hot,
    Text { text: String },
}

impl Message for Note {}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} read {:?}", self.sensor, self.values)
    }
}

pub(crate) fn reading() -> Reading {
    let note = Some(Note::Text { text: "ok".into() });
    Reading { sensor: "s1".into(), values: vec![-1, 300], note }
}

/// Looks at a body of type `M` in every way that leaves it where it is.
fn look<M: Message + fmt::Debug + fmt::Display + PartialEq + Clone>(
    msg: &Routed<M>,
    expected: &M,
) -> Vec<String> {
    vec![
        format!("payload {:?}", msg.payload()),
        format!("as_body {:?}", msg.as_body()),
        format!("deref {:?}", **msg == *expected),
        format!("eq {}", *msg == *expected),
        format!("display {msg}"),
        format!("debug {msg:?}"),
        format!("routes {} {}", msg.onward_route(), msg.return_route()),
        format!("sender {:?}", msg.sender().map_err(|error| error.to_string())),
        format!("addresses {} {}", msg.msg_addr(), msg.src_addr()),
        format!("info {}", msg.local_info().len()),
        format!("copy {:?}", msg.local_message().payload().to_bytes()),
        format!("copy {:?}", msg.local_message().transport().payload.len()),
        // Once more, in case the first look changed something.
        format!("payload {:?}", msg.payload()),
    ]
}

/// Takes a body apart in every way that consumes it.
fn take<M: Message + fmt::Debug + Clone>(msg: impl Fn() -> Routed<M>) -> Vec<String> {
    let forwarded = msg().into_local_message();
    let clone = forwarded.clone();
    let mut edited = msg().into_local_message();
    edited.transport_mut().payload.push(7);
    vec![
        format!("body {:?}", msg().body()),
        format!("into_body {:?}", msg().into_body().map_err(|error| error.to_string())),
        format!("local {:?}", &forwarded.transport().payload[..]),
        format!("vec {:?}", Vec::from(msg().into_local_message().into_transport_message().payload)),
        format!("transport {:?}", &msg().into_transport_message().payload[..]),
        format!("clone {:?}", clone.transport() == forwarded.transport()),
        format!("clone {:?}", clone.payload().to_bytes()),
        format!("edited {:?}", edited.payload().to_bytes()),
        format!("again {:?}", Routed::<M>::decode(forwarded).ok().map(Routed::body)),
        format!("neutral {:?}", neutral(msg().into_local_message())),
    ]
}

fn neutral(message: LocalMessage) -> Vec<u8> {
    Routed::<NeutralMessage>::decode(message).ok().unwrap().body().into_vec()
}

/// Hands every message of its type to the test as it came.
struct Catcher<M: Message>(mpsc::UnboundedSender<Routed<M>>);

impl<M: Message> Worker for Catcher<M> {
    type Context = Context;
    type Message = M;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<M>) -> Result<()> {
        let _ = self.0.send(msg);
        Ok(())
    }
}

/// Both ways to bring one body to a worker of type `M`: typed, and as bytes.
pub(crate) struct Pair<M: Message> {
    ctx: Context,
    caught: mpsc::UnboundedReceiver<Routed<M>>,
}

impl<M: Message> Pair<M> {
    pub(crate) async fn new() -> Self {
        let (sender, caught) = mpsc::unbounded_channel();
        let ctx = node();
        ctx.start_worker("catcher", Catcher(sender)).await.unwrap();
        Pair { ctx, caught }
    }

    /// Sends a body typed and then encoded, and returns both as they arrived.
    pub(crate) async fn send<B: Message + Clone>(&mut self, body: &B) -> [Routed<M>; 2] {
        self.ctx.send("catcher", body.clone()).await.unwrap();
        let typed = soon(self.caught.recv()).await.unwrap();
        let payload = encode(body).unwrap();
        let message = TransportMessage::new(route!["catcher"], route!["app"], payload);
        self.ctx.forward(message.into()).await.unwrap();
        [typed, soon(self.caught.recv()).await.unwrap()]
    }
}

async fn assert_same<M>(body: M)
where
    M: Message + fmt::Debug + fmt::Display + PartialEq + Clone + Sync,
{
    let mut pair = Pair::<M>::new().await;
    let [typed, encoded] = pair.send(&body).await;
    assert_eq!(look(&typed, &body), look(&encoded, &body));
    // What consumes the body gets a fresh one each time, looked at before or not.
    for looks in [false, true] {
        let mut fresh = [Vec::new(), Vec::new()];
        for _ in 0..16 {
            for (fresh, msg) in fresh.iter_mut().zip(pair.send(&body).await) {
                if looks {
                    let _ = msg.payload();
                }
                fresh.push(msg);
            }
        }
        let [typed, encoded] = fresh.map(|msgs| {
            let msgs = std::cell::RefCell::new(msgs);
            take(move || msgs.borrow_mut().pop().unwrap())
        });
        assert_eq!(typed, encoded);
    }
}

#[tokio::test]
async fn typed_and_encoded_bodies_look_the_same() {
    assert_same("Hello".to_string()).await;
    assert_same(String::new()).await;
    assert_same(42u64).await;
    assert_same(-7i16).await;
    assert_same(true).await;
    assert_same('ß').await;
    assert_same(reading()).await;
}

#[tokio::test]
async fn large_bodies_look_the_same_too() {
    let large = Reading { sensor: "x".repeat(5000), values: vec![i64::MAX; 500], note: None };
    assert_same(large).await;
}

/// A body that is wider than what a message has room for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wide([u64; 32]);

impl Message for Wide {}

impl fmt::Display for Wide {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

#[tokio::test]
async fn wide_and_empty_bodies_look_the_same_too() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Empty;

    impl Message for Empty {}
    impl fmt::Display for Empty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("nothing")
        }
    }
    assert_same(Wide([7; 32])).await;
    assert_same(Empty).await;
}

#[tokio::test]
async fn a_worker_of_any_message_sees_the_same() {
    let mut pair = Pair::<Any>::new().await;
    let [typed, encoded] = pair.send(&reading()).await;
    assert_eq!(look(&typed, &Any), look(&encoded, &Any));
    assert_eq!(typed.to_string(), "Any Message");
    assert_eq!(typed.payload(), encode(&reading()).unwrap());
    for msg in [typed, encoded] {
        assert_eq!(msg.cast::<Reading>().unwrap().body(), reading());
    }
    for msg in pair.send(&reading()).await {
        let payload = msg.payload().to_vec();
        let cast = msg.cast::<Reading>().unwrap();
        assert_eq!(cast.payload(), payload);
        assert_eq!(cast.return_route(), route!["app"]);
    }
}

#[tokio::test]
async fn a_cast_to_another_type_of_the_same_shape_works_and_to_a_wrong_one_does_not() {
    let mut pair = Pair::<Any>::new().await;
    for msg in pair.send(&"Hello".to_string()).await {
        let bytes = msg.cast::<Vec<u8>>().unwrap();
        assert_eq!(bytes.payload(), b"\x05Hello");
        assert_eq!(bytes.body(), b"Hello");
    }
    for msg in pair.send(&0xffff_ffff_u32).await {
        let error = msg.cast::<String>().map(Routed::body).unwrap_err();
        assert_eq!(error.kind(), ockam_core::ErrorKind::Encoding);
        assert!(error.to_string().contains("`String`"), "{error}");
    }
}

#[tokio::test]
async fn a_body_reaches_a_worker_of_another_type_with_the_same_wire_shape() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Twin(String, Vec<i64>, Option<Note>);

    impl Message for Twin {}
    let mut pair = Pair::<Twin>::new().await;
    let sent = encode(&reading()).unwrap();
    for msg in pair.send(&reading()).await {
        assert_eq!(msg.payload(), sent);
        assert_eq!(msg.local_message().payload(), &sent);
        let Reading { sensor, values, note } = reading();
        assert_eq!(*msg, Twin(sensor, values, note));
        assert_eq!(msg.into_local_message().payload(), &sent);
    }
}

#[tokio::test]
async fn a_map_arrives_as_it_was_sent() {
    let map: BTreeMap<String, Vec<u8>> = [("a".to_string(), vec![1]), ("b".into(), vec![])].into();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let ctx = node();
    ctx.start_worker("collector", Collector::<BTreeMap<String, Vec<u8>>>(sender)).await.unwrap();
    ctx.send("collector", map.clone()).await.unwrap();
    assert_eq!(soon(arrived.recv()).await.unwrap(), map);
}

#[tokio::test]
async fn local_info_stays_with_a_message_on_its_way() {
    #[derive(Clone, Debug, PartialEq)]
    struct Fact(&'static str);
    let (sender, mut caught) = mpsc::unbounded_channel();
    let ctx = node();
    ctx.start_worker("catcher", Catcher::<String>(sender)).await.unwrap();
    ctx.start_worker("hop", crate::support::Hop).await.unwrap();
    let message = TransportMessage::new(
        route!["hop", "catcher"],
        route!["app"],
        encode(&"Hello".to_string()).unwrap(),
    );
    let info = vec![LocalInfo::new(Fact("proved"))];
    ctx.forward(LocalMessage::new(message, info)).await.unwrap();
    let msg = soon(caught.recv()).await.unwrap();
    assert_eq!(msg.find_local_info::<Fact>(), Some(&Fact("proved")));
    assert_eq!(msg.local_message().find_local_info::<Fact>(), Some(&Fact("proved")));
    assert_eq!(msg.into_local_message().find_local_info::<Fact>(), Some(&Fact("proved")));
}
