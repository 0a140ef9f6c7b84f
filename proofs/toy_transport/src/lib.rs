//! A transport that is made of the facade alone: nodes of one process, joined by pipes that carry
//! the bytes which would travel between machines.
//!
//! A node takes a name in a [`Street`] with [`PipeTransport::create`]. Routes name it by the type and
//! that name: `route![(PIPE, "bob"), "echoer"]`. The first message makes the pipe, and later
//! ones find it.

mod end;

use end::{Side, start};
use ockam::flow_control::FlowControlId;
use ockam::transport::{Resolving, Transport, TransportType};
use ockam::{Address, Error, ErrorKind, Handle, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The type of addresses whose bytes are the name of a node in a street.
pub const PIPE: TransportType = TransportType::new(77);

/// How many bytes a pipe holds before its writer waits.
const PIPE_LEN: usize = 64 * 1024;

/// The nodes that can be reached, by their names.
#[derive(Clone, Debug, Default)]
pub struct Street(Arc<Mutex<BTreeMap<String, House>>>);

/// A node that accepts pipes, and the flow in which its listener spawns them.
#[derive(Clone, Debug)]
struct House {
    node: Handle,
    spawner: FlowControlId,
}

/// The transport of one node.
#[derive(Debug)]
pub struct PipeTransport {
    node: Handle,
    street: Street,
    /// The senders by the names of the nodes that they lead to.
    pipes: Mutex<BTreeMap<String, Address>>,
}

impl PipeTransport {
    /// Registers the transport at a node, which has a name from now on. What comes in through pipes
    /// reaches the consumers of the flow that is returned.
    pub async fn create(node: &Handle, street: &Street, name: &str) -> Result<FlowControlId> {
        let spawner = node.flow_controls().generate_flow_control_id();
        let house = House { node: node.clone(), spawner: spawner.clone() };
        street.0.lock().await.insert(name.to_string(), house);
        let pipes = Mutex::new(BTreeMap::new());
        let transport = PipeTransport { node: node.clone(), street: street.clone(), pipes };
        node.register_transport(Arc::new(transport))?;
        Ok(spawner)
    }

    /// Finds the sender of the pipe to a node, or makes the pipe.
    async fn pipe_to(&self, name: &str) -> Result<Address> {
        let mut pipes = self.pipes.lock().await;
        if let Some(sender) = pipes.get(name)
            && self.node.is_worker_registered_at(sender.clone())
        {
            return Ok(sender.clone());
        }
        let house = self.street.0.lock().await.get(name).cloned();
        let house = house.ok_or_else(|| {
            Error::with_kind(ErrorKind::NotFound, format!("nobody in the street is called {name}"))
        })?;
        let (here, there) = tokio::io::duplex(PIPE_LEN);
        start(&house.node, there, Side::Accepted(&house.spawner)).await?;
        let sender = start(&self.node, here, Side::Opened(name)).await?;
        pipes.insert(name.to_string(), sender.clone());
        Ok(sender)
    }
}

impl Transport for PipeTransport {
    fn transport_type(&self) -> TransportType {
        PIPE
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        Box::pin(self.pipe_to(address.address()))
    }
}
