//! Futures that are dropped at each of their awaits: no socket and no worker is left.

use crate::drops::{Drops, Moment, all_of, at_each_await};
use crate::support::{TcpNode, eventually, soon};
use ockam_core::{ErrorKind, NeutralMessage, Result, TCP, route};
use ockam_transport_tcp::{TcpConnection, TcpConnectionOptions, TcpListener, TcpListenerOptions};
use std::time::Duration;

/// Two nodes, one of which listens, as they were at the beginning.
struct Scene {
    here: TcpNode,
    there: TcpNode,
    listener: TcpListener,
    before: [(Vec<ockam_core::Address>, String); 2],
}

impl Scene {
    async fn new() -> Self {
        let (there, listener) = TcpNode::echoing().await;
        let here = TcpNode::new().await;
        // What flow controls are like that have known something.
        let id = here.ctx.flow_controls().generate_flow_control_id();
        here.ctx.flow_controls().add_consumer("app", &id);
        let before = [all_of(&here.ctx), all_of(&there.ctx)];
        Scene { here, there, listener, before }
    }

    /// Waits until no connection is left of which somebody knows.
    async fn as_before(&self, drops: Drops) {
        eventually(&format!("nothing is left: {drops:?}"), || {
            let connections = [&self.here, &self.there].map(|node| node.tcp.connections().len());
            let now = [all_of(&self.here.ctx), all_of(&self.there.ctx)];
            connections == [0, 0] && self.listener.info().connections() == 0 && now == self.before
        })
        .await;
    }

    async fn is_answered(&self, connection: &TcpConnection) -> bool {
        let route = route![connection, "echoer"];
        let ask = self.here.ctx.send_and_receive::<String>(route, "Hello".to_string());
        soon(ask).await.is_ok()
    }
}

#[tokio::test]
async fn connecting_that_is_dropped_leaves_no_connection_at_either_end() {
    for limit in [None, Some(Duration::from_secs(20))] {
        at_each_await(2, async |drops: Drops| {
            let scene = Scene::new().await;
            let mut options = TcpConnectionOptions::new();
            if let Some(limit) = limit {
                options = options.with_connect_timeout(limit);
            }
            let port = scene.listener.socket_address().port();
            let connecting = scene.here.tcp.connect(format!("localhost:{port}"), options);
            let connected = soon(drops.run(connecting)).await.transpose().unwrap();
            if let Some(connection) = &connected {
                assert!(scene.is_answered(connection).await);
                soon(connection.stop(&scene.here.ctx)).await.unwrap();
            }
            scene.as_before(drops).await;
            connected.is_some()
        })
        .await;
    }
}

#[tokio::test]
async fn listening_that_is_dropped_leaves_no_socket() {
    // An address of this machine at which no other test listens.
    let host = if cfg!(target_os = "linux") { "127.77.0.1" } else { "127.0.0.1" };
    at_each_await(1, async |drops: Drops| {
        let node = TcpNode::new().await;
        let first = node.tcp.listen(format!("{host}:0"), TcpListenerOptions::new()).await.unwrap();
        let address = first.socket_address();
        soon(node.tcp.stop_listener(first)).await.unwrap();
        let before = all_of(&node.ctx);
        let listening = node.tcp.listen(address, TcpListenerOptions::new());
        let listener = soon(drops.run(listening)).await.transpose().unwrap();
        if let Some(listener) = &listener {
            soon(node.tcp.stop_listener(listener)).await.unwrap();
        }
        assert!(node.tcp.listeners().is_empty());
        assert_eq!(all_of(&node.ctx), before);
        std::net::TcpListener::bind(address).unwrap();
        listener.is_some()
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_listener_goes_on_when_the_call_is_dropped() {
    at_each_await(2, async |drops: Drops| {
        let scene = Scene::new().await;
        let stopping = scene.there.tcp.stop_listener(&scene.listener);
        let stopped = soon(drops.run(stopping)).await.transpose().unwrap();
        if drops.polls > 0 {
            eventually("it listens no more", || scene.there.tcp.listeners().is_empty()).await;
            let address = scene.listener.socket_address();
            assert!(scene.here.tcp.connect(address, Default::default()).await.is_err());
        } else {
            assert!(scene.is_answered(&scene.here.connect(&scene.listener).await).await);
        }
        stopped.is_some()
    })
    .await;
}

/// The ways to close a connection.
#[derive(Clone, Copy, Debug)]
enum Way {
    Connection,
    Transport,
}

impl Way {
    async fn close(self, node: &TcpNode, connection: &TcpConnection) -> Result<()> {
        match self {
            Way::Connection => connection.stop(&node.ctx).await,
            Way::Transport => node.tcp.disconnect(connection).await,
        }
    }
}

#[tokio::test]
async fn the_end_of_a_connection_goes_on_when_the_call_is_dropped_and_loses_nothing() {
    for way in [Way::Connection, Way::Transport] {
        at_each_await(2, async |drops: Drops| {
            let (there, listener, mut arrived) =
                TcpNode::collecting(TcpListenerOptions::new()).await;
            let here = TcpNode::new().await;
            let before = [all_of(&here.ctx), all_of(&there.ctx)];
            let connection = here.connect(&listener).await;
            for number in 0..20 {
                let body = NeutralMessage::from(vec![number; 100_000]);
                here.ctx.send(route![&connection, "echoer"], body).await.unwrap();
            }
            let closed = soon(drops.run(way.close(&here, &connection))).await;
            for number in 0..20 {
                let message = soon(arrived.recv()).await.unwrap();
                assert_eq!(message.payload().to_vec(), vec![number; 100_000], "{way:?} {drops:?}");
            }
            if drops.polls == 0 {
                assert!(connection.info().is_up, "nobody has closed it");
                return false;
            }
            eventually("it is closed at both ends", || {
                [all_of(&here.ctx), all_of(&there.ctx)] == before
            })
            .await;
            closed.transpose().unwrap().is_some()
        })
        .await;
    }
}

#[tokio::test]
async fn a_send_that_is_dropped_while_its_connection_is_made_was_not_sent() {
    at_each_await(2, async |drops: Drops| {
        let (there, listener, mut arrived) = TcpNode::collecting(TcpListenerOptions::new()).await;
        let here = TcpNode::new().await;
        let before = all_of(&here.ctx);
        let route = || route![(TCP, listener.socket_address().to_string()), "echoer"];
        let sending = here.ctx.send(route(), NeutralMessage::from(vec![1]));
        let sent = soon(drops.run(sending)).await.transpose().unwrap();
        // The attempt ends, or the connection is there for the next one that needs it.
        let asking =
            here.ctx.send_and_receive::<NeutralMessage>(route(), NeutralMessage::from(vec![2]));
        let once = Drops { polls: drops.polls.min(1), moment: Moment::Waiting };
        assert!(once.run(asking).await.is_none());
        soon(here.ctx.send(route(), NeutralMessage::from(vec![3]))).await.unwrap();
        let mut bodies = Vec::new();
        while bodies.last() != Some(&3) {
            bodies.push(soon(arrived.recv()).await.unwrap().payload().to_vec()[0]);
        }
        bodies.retain(|body| *body != 2);
        let expected: &[u8] = if sent.is_some() { &[1, 3] } else { &[3] };
        assert_eq!(bodies, expected, "{drops:?}");
        let connections = here.tcp.connections();
        assert_eq!((connections.len(), there.tcp.connections().len()), (1, 1));
        let connection = connections[0].sender_address.clone();
        soon(here.tcp.disconnect(connection.clone())).await.unwrap();
        eventually("nothing is left", || all_of(&here.ctx) == before).await;
        let again = here.tcp.disconnect(connection).await.unwrap_err();
        assert_eq!(again.kind(), ErrorKind::NotFound);
        sent.is_some()
    })
    .await;
}
