//! The calls of a program.

use crate::connection::{TcpConnection, TcpConnectionInfo};
use crate::dial;
use crate::direction::TcpDirection;
use crate::listener::TcpListener;
use crate::listener_info::TcpListenerInfo;
use crate::opening::Opening;
use crate::options::{TcpConnectionOptions, TcpListenerOptions};
use crate::redial::Redial;
use crate::registry::Registry;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use core::time::Duration;
use ockam_core::{Address, Error, ErrorKind, Resolving, Result, TCP, Transport, TransportType};
use ockam_node::Handle;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Connects a node with others over TCP.
///
/// Made by [`create_tcp_transport`](crate::TcpTransportExtension::create_tcp_transport). A clone
/// is the same transport.
#[derive(Clone)]
pub struct TcpTransport {
    ctx: Handle,
    registry: Arc<Registry>,
}

impl TcpTransport {
    /// Makes the TCP transport of a node. From then on routes may name hops such as
    /// `(TCP, "host:4000")`, for which it connects on demand. All who need the same hop at a time
    /// wait for one attempt and get its outcome.
    ///
    /// # Errors
    /// [`Stopped`](ErrorKind::Stopped) if the node has stopped.
    pub fn create(ctx: &Handle) -> Result<Self> {
        let transport = TcpTransport { ctx: ctx.handle(), registry: Arc::default() };
        ctx.register_transport(Arc::new(transport.clone()))?;
        Ok(transport)
    }

    /// Listens for connections at `host:port`; port 0 takes one that is free. A link-local address
    /// has its interface, by name or number: `[fe80::1%eth0]:4000`.
    ///
    /// What comes in reaches only the consumers of
    /// [`flow_control_id`](TcpListener::flow_control_id).
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is not `host:port` or lacks an interface, [`Io`](ErrorKind::Io)
    /// if the operating system does not allow it, for example because the port is in use, and
    /// [`Stopped`](ErrorKind::Stopped) if the node is stopping.
    ///
    /// # Cancel safety
    /// Dropped before it is done, nothing listens.
    pub async fn listen(
        &self,
        address: impl fmt::Display,
        options: TcpListenerOptions,
    ) -> Result<TcpListener> {
        let socket = dial::listen(&address.to_string()).await?;
        TcpListener::start(&self.ctx, &self.registry, socket, options).await
    }

    /// Connects to the node that listens at `host:port`. Of a host with several addresses, the
    /// first that answers is taken: one is tried after the other, each 250 ms after the one before
    /// or as soon as one has failed (RFC 8305). A link-local address has its interface, by name or
    /// number: `[fe80::1%eth0]:4000`.
    ///
    /// It returns when the connection stands. The other side may still turn out not to be a node;
    /// then the connection ends, with an error for whoever uses it.
    ///
    /// # Errors
    /// [`InvalidInput`](ErrorKind::InvalidInput) if it is not `host:port` or lacks an interface, [`Io`](ErrorKind::Io)
    /// if the host is unknown or does not answer, [`TimedOut`](ErrorKind::TimedOut) after the
    /// connect timeout of the options, which have none unless it is set, and
    /// [`Stopped`](ErrorKind::Stopped) if the node is stopping.
    ///
    /// # Cancel safety
    /// Dropped before it is done, there is no connection. The other side may have accepted one, which
    /// has ended then.
    pub async fn connect(
        &self,
        peer: impl fmt::Display,
        options: TcpConnectionOptions,
    ) -> Result<TcpConnection> {
        let target = peer.to_string();
        let stream = unless_stopping(&self.ctx, &target, options.connect_timeout).await?;
        self.open(stream, target, options).await
    }

    /// Makes a connection of a socket that this node dialled.
    async fn open(
        &self,
        stream: TcpStream,
        target: String,
        options: TcpConnectionOptions,
    ) -> Result<TcpConnection> {
        let TcpConnectionOptions { flow, limits, connect_timeout, reconnect } = options;
        let redial = reconnect.map(|reconnect| {
            Redial::new(target.clone(), connect_timeout, limits.dead_path(), reconnect)
        });
        let opening = Opening {
            stream,
            direction: TcpDirection::Outgoing,
            peer: target,
            flow,
            limits,
            accepted: None,
            redial,
        };
        opening.open(&self.ctx, &self.registry).await.map(TcpConnection::new)
    }

    /// Sets how long connecting on demand, for a hop in a route, may take, name and all addresses
    /// together, instead of [`DEFAULT_CONNECT_TIMEOUT`](crate::DEFAULT_CONNECT_TIMEOUT). All clones
    /// of the transport have the same; it holds for attempts that begin later.
    pub fn set_on_demand_connect_timeout(&self, timeout: Duration) {
        self.registry.set_connect_timeout(timeout);
    }

    /// Closes a connection in good order: what was sent before is written first, and the other side's
    /// system has acknowledged it; where the system does not tell (any but Linux), the other side has
    /// closed it too. What arrives meanwhile is read and forgotten. It takes the connection, or the address of its sender or receiver. One that is down, and is being made
    /// again, is given up: what waits for it is accounted for as dead letters.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such connection,
    /// [`TimedOut`](ErrorKind::TimedOut) if that takes longer than the node's stop timeout; it is
    /// closed once it is done, and [`Io`](ErrorKind::Io) if something that was sent before has not
    /// arrived: the other side reset it, or reads nothing. Messages that were not written by then
    /// are dead letters; of the others the error says how many bytes were not acknowledged.
    ///
    /// # Cancel safety
    /// The closing begins with the first poll, and goes on if the future is dropped.
    pub async fn disconnect(&self, connection: impl Into<Address>) -> Result<()> {
        let address = connection.into();
        match self.registry.link(&address) {
            Some(link) => TcpConnection::new(link).stop(&self.ctx).await,
            None => Err(Error::with_kind(
                ErrorKind::NotFound,
                format!("no TCP connection at {address}: it has ended, or never was"),
            )),
        }
    }

    /// Stops listening. Connections that were accepted stay.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such listener.
    ///
    /// # Cancel safety
    /// The stop begins with the first poll, and goes on if the future is dropped.
    pub async fn stop_listener(&self, listener: impl Into<Address>) -> Result<()> {
        let address = listener.into();
        if self.listeners().iter().all(|known| *known.address() != address) {
            let text = format!("no TCP listener at {address}: it has stopped, or never was");
            return Err(Error::with_kind(ErrorKind::NotFound, text));
        }
        self.ctx.stop_processor(address).await
    }

    /// Lists the connections that stand, or are being made again.
    #[must_use]
    pub fn connections(&self) -> Vec<TcpConnectionInfo> {
        self.registry.links().iter().map(|link| TcpConnectionInfo::of(link)).collect()
    }

    /// Lists the listeners.
    #[must_use]
    pub fn listeners(&self) -> Vec<TcpListenerInfo> {
        self.registry.listeners()
    }

    /// Finds the connection that leads to an address which a route names, or makes it.
    async fn connection_to(&self, address: &Address) -> Result<Address> {
        let target = address.address().to_string();
        let timeout = self.registry.connect_timeout();
        let dial = {
            let (ctx, target) = (self.ctx.clone(), target.clone());
            async move { unless_stopping(&ctx, &target, Some(timeout)).await }
        };
        let transport = self.clone();
        let open = |stream| async move {
            transport.open(stream, target, TcpConnectionOptions::new()).await
        };
        self.registry.on_demand().connection(address, dial, open).await.map(Address::from)
    }
}

/// Dials, and gives that up when the node begins to stop: no connection could be opened any more.
async fn unless_stopping(ctx: &Handle, target: &str, limit: Option<Duration>) -> Result<TcpStream> {
    let (mut stopping, mut dial) = (pin!(ctx.stopping()), pin!(dial::connect(target, limit)));
    poll_fn(|cx| {
        if stopping.as_mut().poll(cx).is_pending() {
            return dial.as_mut().poll(cx);
        }
        let text = format!("cannot connect to {target}: the node stops");
        Poll::Ready(Err(Error::with_kind(ErrorKind::Stopped, text)))
    })
    .await
}

impl Transport for TcpTransport {
    fn transport_type(&self) -> TransportType {
        TCP
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        Box::pin(self.connection_to(address))
    }
}

impl fmt::Debug for TcpTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpTransport")
            .field("listeners", &self.listeners())
            .field("connections", &self.connections())
            .finish()
    }
}
