//! One registration, from the owner's side: the question, the answer, and what is left open.
//!
//! ```text
//!   [.., service] <── "register" or the wanted name ── remote      an address for this alone
//!   [remote] <── the relay's name, from [.., relay] ──
//! ```

use super::inlet::Inlet;
use super::remote_options::RemoteRelayOptions;
use super::{ANY_NAME, FORWARDING_SERVICE};
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::time::Duration;
use ockam_core::{
    Address, AllowAll, Any, Error, ErrorKind, FlowControlId, Mailbox, Result, Route, Routed, route,
};
use ockam_node::{ConnectionLost, Context, Handle, MessageReceiveOptions, WorkerBuilder, first};

/// What is registered, and where.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// The way to the reachable node, as the program wrote it.
    pub(super) route: Route,
    /// The name that the program wants, or none.
    pub(super) wanted: Option<String>,
    pub(super) options: RemoteRelayOptions,
}

/// Names the relay and where it is registered.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.wanted {
            Some(name) => write!(f, "the relay `{name}`")?,
            None => f.write_str("a relay")?,
        }
        write!(f, " of {} at {}", self.service(), self.route)
    }
}

/// A relay that is registered.
pub(super) struct Registered {
    /// The way to the relay, from here.
    pub(super) way: Route,
    /// The last address of the way: that of the relay at the other node.
    pub(super) relay: Address,
    /// This node's address that the service knows.
    pub(super) inlet: Address,
    /// The flow of the connection, if there is one.
    pub(super) flow: Option<FlowControlId>,
    /// Ends when the connection does.
    pub(super) lost: Option<ConnectionLost>,
}

impl Plan {
    /// Registers, within a time.
    ///
    /// # Cancel safety
    /// Nothing is left on this node when the future is dropped.
    pub(super) async fn register(&self, handle: &Handle, limit: Duration) -> Result<Registered> {
        first(self.ask(handle), handle.sleep(limit)).await.unwrap_or_else(|()| {
            Err(Error::with_text(ErrorKind::TimedOut, || {
                format!(
                    "no answer from {} at {} for {limit:?}: it is not there, or refuses in silence",
                    self.service(),
                    self.route
                )
            }))
        })
    }

    fn service(&self) -> Route {
        self.options.service(self.wanted.as_deref())
    }

    async fn ask(&self, handle: &Handle) -> Result<Registered> {
        let way = handle.resolve(self.route.clone()).await?;
        let connection = way.first().cloned().unwrap_or_default();
        // From now on, so that no loss is missed.
        let lost = handle.connection_lost(&connection)?;
        let flows = handle.flow_controls();
        let flow = flows.find_flow_control_with_producer_address(&connection);
        let flow = flow.map(|info| info.flow_control_id().clone());
        let inlet = handle.random_local();
        let mut remote = handle.new_detached(inlet.clone(), AllowAll, AllowAll).await?;
        if let Some(flow) = &flow {
            flows.add_consumer(inlet.clone(), flow);
        }
        let service = route![way, self.service()];
        remote.send(service, String::from(self.body())).await?;
        let (way, lost) = match lost {
            None => (self.answer(&mut remote).await?, None),
            Some(mut lost) => match first(self.answer(&mut remote), &mut lost).await {
                Ok(way) => (way?, Some(lost)),
                Err(error) => return Err(error),
            },
        };
        let relay = way.recipient()?;
        // Its address becomes free for the worker that stays.
        drop(remote);
        self.start_inlet(handle, &inlet, flow.as_ref(), &connection).await?;
        Ok(Registered { way, relay, inlet, flow, lost })
    }

    fn body(&self) -> &str {
        self.wanted.as_deref().unwrap_or(ANY_NAME)
    }

    /// Waits for the answer of the relay, and returns the way to it.
    async fn answer(&self, remote: &mut Context) -> Result<Route> {
        loop {
            // The limit is around all of it.
            let options = MessageReceiveOptions::new().without_timeout();
            let answer: Routed<Any> = remote.receive_extended(options).await?;
            if answer.onward_route().len() != 1 {
                continue;
            }
            let way = answer.return_route();
            let name = answer.cast::<String>()?;
            if let Some(wanted) = &self.wanted
                && !name.ends_with(wanted.as_str())
            {
                let name = name.as_body();
                let text = format!("{way} is a relay called `{name}`, and not `{wanted}`");
                return Err(Error::with_kind(ErrorKind::Failed, text));
            }
            return Ok(way);
        }
    }

    async fn start_inlet(
        &self,
        handle: &Handle,
        inlet: &Address,
        flow: Option<&FlowControlId>,
        connection: &Address,
    ) -> Result<()> {
        let flows = handle.flow_controls();
        let mailbox = match flow {
            Some(_) => Mailbox::new(inlet.clone(), AllowAll, flows.gate(connection.clone())),
            None => Mailbox::allow_all(inlet.clone()),
        };
        WorkerBuilder::new(Inlet).with_mailboxes(mailbox).start(handle).await?;
        if let Some(flow) = flow {
            flows.add_consumer(inlet.clone(), flow);
            for consumer in &self.options.consumers {
                flows.add_consumer(consumer.clone(), flow);
            }
        }
        Ok(())
    }
}

/// Checks a name that the program wants before anybody is asked for it.
pub(super) fn check_wanted(name: &str) -> Result<()> {
    let invalid = |text| Err(Error::with_kind(ErrorKind::InvalidInput, text));
    let address = Address::from(name);
    if name.is_empty() {
        return invalid(String::from("the name of a relay is empty: give it one"));
    }
    if name == ANY_NAME {
        return invalid(format!(
            "a relay cannot be called `{ANY_NAME}`: at {FORWARDING_SERVICE} that asks for any name"
        ));
    }
    if !address.is_local() || address.as_bytes() != name.as_bytes() {
        return invalid(format!(
            "a relay cannot be called `{name}`: that reads as an address with a transport type"
        ));
    }
    address.validate().map_err(|error| Error::with_kind(ErrorKind::InvalidInput, error))
}
