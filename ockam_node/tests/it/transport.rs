//! The place where a transport plugs in.

use crate::support::{Echoer, Hop, collect, node, soon};
use ockam_core::{Address, Error, ErrorKind, TCP, Transport, TransportType, route};
use std::future::ready;
use std::sync::Arc;

/// Leads to the local worker that has the name of the remote one.
#[derive(Debug)]
struct Wire(TransportType);

impl Transport for Wire {
    fn transport_type(&self) -> TransportType {
        self.0
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> ockam_core::Resolving<'a> {
        let resolved = match address.address() {
            "broken" => Err(Error::with_kind(ErrorKind::Io, "the cable is cut")),
            name => Ok(Address::from(name)),
        };
        Box::pin(ready(resolved))
    }
}

#[tokio::test]
async fn an_address_of_a_transport_leads_to_the_worker_that_it_resolves_to() {
    let ctx = node();
    ctx.register_transport(Arc::new(Wire(TCP))).unwrap();
    ctx.start_worker("host:4000", Hop).await.unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let ask =
        ctx.send_and_receive::<String>(route![(TCP, "host:4000"), "echoer"], "Hello".to_string());
    assert_eq!(soon(ask).await.unwrap(), "Hello");
    let mut arrived = collect::<u32>(&ctx, "collector").await;
    ctx.send(route![(TCP, "host:4000"), "collector"], 7u32).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(7));
}

#[tokio::test]
async fn an_address_of_another_transport_is_an_error_that_names_it() {
    let ctx = node();
    ctx.register_transport(Arc::new(Wire(TCP))).unwrap();
    let error =
        ctx.send(route![(TransportType::new(2), "host:4000"), "echoer"], 7u32).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("2#host:4000"), "{error}");
}

#[tokio::test]
async fn a_transport_that_cannot_connect_fails_the_send_with_its_reason() {
    let ctx = node();
    ctx.register_transport(Arc::new(Wire(TCP))).unwrap();
    let error = ctx.send(route![(TCP, "broken"), "echoer"], 7u32).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.to_string().contains("the cable is cut"), "{error}");
    let ask = ctx.send_and_receive::<u32>(route![(TCP, "broken"), "echoer"], 7u32);
    assert_eq!(soon(ask).await.unwrap_err().kind(), ErrorKind::Io);
}

#[tokio::test]
async fn a_stopped_node_takes_no_transport_and_keeps_none() {
    let mut ctx = node();
    let (before, after) = (Arc::new(Wire(TCP)), Arc::new(Wire(TransportType::new(2))));
    ctx.register_transport(Arc::<Wire>::clone(&before)).unwrap();
    ctx.stop().await.unwrap();
    let error = ctx.register_transport(Arc::<Wire>::clone(&after)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stopped);
    assert!(error.to_string().contains("the node has stopped"), "{error}");
    for transport in [before, after] {
        assert_eq!(Arc::strong_count(&transport), 1, "it would hold the node, and the node it");
    }
}
