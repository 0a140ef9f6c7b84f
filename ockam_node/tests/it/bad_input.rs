//! Bad input gets a clear error that names the thing, and the message back.

use crate::support::{Echoer, Trace, Tracer, collect, node, soon};
use ockam_core::{
    Address, AllowAll, Any, Error, ErrorKind, MAX_ADDRESS_LEN, MAX_ROUTE_LEN, Mailbox, Mailboxes,
    Result, Route, Routed, TransportMessage, Worker, route,
};
use ockam_node::{Context, SendError, SendErrorReason, WorkerBuilder};

/// Checks the kind and the words of an error of a send, and that the message is in it.
fn assert_gives_back(error: Error, kind: ErrorKind, parts: &[&str]) {
    assert_eq!(error.kind(), kind, "{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = error.downcast::<SendError>().unwrap();
    assert_eq!(error.into_body::<String>().unwrap(), "Hello");
}

async fn send(ctx: &Context, route: impl Into<Route>) -> Error {
    soon(ctx.send(route, "Hello".to_string())).await.unwrap_err()
}

#[tokio::test]
async fn an_unknown_address_gets_the_nearest_known_name() {
    let ctx = node();
    for address in ["echoer", "greeter", "a completely different name"] {
        ctx.start_worker(address, Echoer).await.unwrap();
    }
    for typo in ["ecoher", "echoe", "echoerr", "echosr", "Echoer"] {
        let error = send(&ctx, typo).await;
        let text = format!("no worker at 0#{typo} (did you mean 0#echoer?)");
        assert_eq!(error.to_string(), text);
        let reason = error.downcast_ref::<SendError>().unwrap().reason().clone();
        let nearest = Some(Address::from("echoer"));
        assert_eq!(reason, SendErrorReason::NotFound { address: typo.into(), nearest });
        assert_gives_back(error, ErrorKind::NotFound, &[]);
    }
    let error = send(&ctx, "xyz").await;
    assert!(!error.to_string().contains("did you mean"), "{error}");
    assert_gives_back(error, ErrorKind::NotFound, &["0#xyz"]);
}

#[tokio::test]
async fn an_additional_address_is_known_by_its_name_too() {
    let ctx = node();
    let more = vec![Mailbox::allow_all("thermometer")];
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    WorkerBuilder::new(Echoer).with_mailboxes(mailboxes).start(&ctx).await.unwrap();
    let error = send(&ctx, "termometer").await;
    assert_gives_back(error, ErrorKind::NotFound, &["did you mean 0#thermometer?"]);
}

#[tokio::test]
async fn a_taken_address_names_the_worker_type_that_holds_it() {
    let ctx = node();
    let trace = Trace::new();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let error = ctx.start_worker("echoer", Tracer::new(&trace)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    for part in ["0#echoer", "`Echoer`"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    assert_eq!(trace.events(), ["drop"], "it was never initialized");
    // The holder is unharmed.
    let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    for taken in ["app", "echoer"] {
        let error = ctx.new_detached(taken, AllowAll, AllowAll).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert!(error.to_string().contains(&format!("0#{taken}")), "{error}");
    }
}

#[tokio::test]
async fn one_taken_address_of_several_frees_the_others() {
    let ctx = node();
    ctx.start_worker("b", Echoer).await.unwrap();
    let more = ["b", "c"].map(Mailbox::allow_all).into();
    let mailboxes = Mailboxes::new(Mailbox::allow_all("a"), more);
    let builder = WorkerBuilder::new(Echoer).with_mailboxes(mailboxes);
    assert_eq!(builder.start(&ctx).await.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(ctx.list_workers(), ["app", "b"].map(Address::from));
    let twice = Mailboxes::new(Mailbox::allow_all("d"), vec![Mailbox::allow_all("d")]);
    let builder = WorkerBuilder::new(Echoer).with_mailboxes(twice);
    assert!(builder.start(&ctx).await.is_err());
    assert_eq!(ctx.list_workers(), ["app", "b"].map(Address::from));
}

#[tokio::test]
async fn an_empty_route_is_an_error() {
    let ctx = node();
    let error = send(&ctx, route![]).await;
    assert_gives_back(error, ErrorKind::InvalidInput, &["route is empty"]);
    let error = ctx.try_send(route![], "Hello".to_string()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.into_body::<String>().unwrap(), "Hello");
    // Also if there is something else that is wrong with it.
    for back in [route!["app"], route_of(MAX_ROUTE_LEN + 1)] {
        let message = TransportMessage::new(route![], back, vec![]);
        let error = ctx.forward(message.into()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("the onward route is empty"), "{error}");
    }
}

fn route_of(hops: usize) -> Route {
    (0..hops).map(|_| Address::from("echoer")).collect()
}

#[tokio::test]
async fn a_route_that_is_too_long_is_an_error() {
    let ctx = node();
    let mut arrived = collect::<String>(&ctx, "echoer").await;
    soon(ctx.send(route_of(MAX_ROUTE_LEN), "Hello".to_string())).await.unwrap();
    assert_eq!(soon(arrived.recv()).await.unwrap(), "Hello");
    let error = send(&ctx, route_of(MAX_ROUTE_LEN + 1)).await;
    let parts = [(MAX_ROUTE_LEN + 1).to_string(), MAX_ROUTE_LEN.to_string()];
    assert_gives_back(error, ErrorKind::InvalidInput, &[&parts[0], &parts[1], "hops"]);
    // The return route has the same limit.
    let payload = ockam_core::encode(&"Hello".to_string()).unwrap();
    let back = route_of(MAX_ROUTE_LEN + 1);
    let message = TransportMessage::new(route!["echoer"], back, payload);
    let error = ctx.forward(message.into()).await.unwrap_err();
    assert_gives_back(error, ErrorKind::InvalidInput, &["hops"]);
}

/// Sends every message to itself, and writes itself into the return route each time.
struct Circle;

impl Worker for Circle {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Any>) -> Result<()> {
        let mut message = msg.into_local_message();
        message.transport_mut().onward_route.push_back(ctx.address());
        ctx.forward(message.step_forward(ctx.address())?).await
    }
}

#[tokio::test]
async fn a_message_that_goes_in_circles_ends_when_its_route_is_too_long() {
    let ctx = node();
    ctx.start_worker("circle", Circle).await.unwrap();
    let ask = ctx.send_and_receive::<String>("circle", "Hello".to_string());
    let error = soon(ask).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Failed);
    for part in ["0#circle", "hops"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_an_error() {
    let ctx = node();
    let longest = "a".repeat(MAX_ADDRESS_LEN);
    let too_long = "a".repeat(MAX_ADDRESS_LEN + 1);
    ctx.start_worker(&longest, Echoer).await.unwrap();
    let ask = ctx.send_and_receive::<String>(&longest, "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");

    let error = ctx.start_worker(&too_long, Echoer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    for part in ["256", "255"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let error = send(&ctx, too_long.as_str()).await;
    assert_gives_back(error, ErrorKind::InvalidInput, &["256", "255"]);
}

#[tokio::test]
async fn a_worker_cannot_have_an_address_of_a_transport() {
    let error = node().start_worker("1#localhost:4000", Echoer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("1#localhost:4000"), "{error}");
}

#[tokio::test]
async fn an_address_of_a_transport_that_the_node_does_not_have_is_an_error() {
    let ctx = node();
    let error = send(&ctx, route!["1#localhost:4000", "echoer"]).await;
    assert_gives_back(error, ErrorKind::NotFound, &["1#localhost:4000", "transport"]);
}

#[test]
fn the_strict_parser_names_what_is_wrong() {
    let error = "9999#x".parse::<Address>().unwrap_err();
    assert!(error.to_string().contains("9999"), "{error}");
    let error = Error::from("9999#x".parse::<Route>().unwrap_err());
    assert!(error.to_string().contains("9999"), "{error}");
    // The total conversion takes it for a name.
    assert_eq!(Address::from("9999#x").to_string().parse::<Address>().unwrap(), "9999#x".into());
}

#[tokio::test]
async fn the_nearest_name_is_looked_for_when_the_error_is_read() {
    let ctx = node();
    let read_before = send(&ctx, "ecoher").await;
    assert!(read_before.to_string().contains("start it first"), "{read_before}");
    let read_after = send(&ctx, "ecoher").await;
    ctx.start_worker("echoer", Echoer).await.unwrap();
    assert!(read_after.to_string().contains("echoer"), "{read_after}");
}

/// A guess takes as long as there are workers, and a stranger could ask for one with each message.
#[tokio::test]
async fn for_a_message_that_came_as_bytes_no_nearest_name_is_looked_for() {
    let ctx = node();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let arrived = TransportMessage::new(route!["ecoher"], route!["app"], vec![0]);
    let error = ctx.forward(arrived.into()).await.unwrap_err();
    assert!(!error.to_string().contains("echoer"), "{error}");
}

#[tokio::test]
async fn an_address_that_cannot_be_a_workers_is_told_with_the_line_that_gave_it() {
    let ctx = node();
    let line = line!() + 1;
    let error = ctx.start_worker("", Echoer).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    let text = error.to_string();
    assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
    assert!(text.contains("the address is empty"), "{text}");
    let line = line!() + 1;
    let started = WorkerBuilder::new(Echoer).with_address("1#host:4000").start(&ctx);
    let text = started.await.unwrap_err().to_string();
    assert!(text.contains(&format!("{}:{line}:", file!())), "{text}");
}
