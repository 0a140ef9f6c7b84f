//! The relay service, as the program of the reachable node sees it.

use super::names::Names;
use super::refusal::RelayRefusal;
use super::registrar::Registrar;
use super::service_options::RelayServiceOptions;
use core::fmt;
use ockam_core::{Address, AllowAll, Mailbox, Mailboxes, Result, hop_conversions};
use ockam_node::{Handle, WorkerBuilder};
use std::sync::Arc;

/// Runs relays for nodes that nobody can connect to; a clone is another handle to the same
/// service.
///
/// Unless the options say otherwise, each peer that reaches the service may register any name. The
/// name of the relay begins with [`DEFAULT_RELAY_PREFIX`](crate::relay::DEFAULT_RELAY_PREFIX), and the
/// newest registration of a name wins, also over that of another owner. Where the service is open
/// to strangers, set an access control.
#[derive(Clone)]
pub struct RelayService {
    address: Address,
    names: Arc<Names>,
}

impl RelayService {
    /// Starts a relay service.
    ///
    /// ```
    /// use ockam::{Context, RelayService, RelayServiceOptions, Result, TcpListenerOptions, node};
    /// use ockam::relay::STATIC_FORWARDING_SERVICE;
    /// use ockam::TcpTransportExtension;
    ///
    /// #[ockam::node]
    /// async fn main(ctx: Context) -> Result<()> {
    ///     let mut node = node(ctx);
    ///     let tcp = node.create_tcp_transport().await?;
    ///     let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
    ///     let options = RelayServiceOptions::new()
    ///         .with_alias(STATIC_FORWARDING_SERVICE)
    ///         .service_as_consumer(listener.flow_control_id())
    ///         .relay_as_consumer(listener.flow_control_id());
    ///     RelayService::create(&node, "forwarding_service", options).await?;
    ///     node.stop().await
    /// }
    /// ```
    ///
    /// # Errors
    /// [`AlreadyExists`](ockam_core::ErrorKind::AlreadyExists) if one of the addresses is taken,
    /// and the other errors of [`start_worker`](Handle::start_worker).
    ///
    /// # Cancel safety
    /// Dropped before it is done, there is no service.
    pub async fn create(
        handle: &Handle,
        address: impl Into<Address>,
        options: RelayServiceOptions,
    ) -> Result<RelayService> {
        let address = address.into();
        let names = Arc::new(Names::new(options.max_relays));
        let mailbox =
            |address: &Address| Mailbox::new(address.clone(), options.access.clone(), AllowAll);
        let aliases = options.aliases.iter().map(mailbox).collect();
        let mailboxes = Mailboxes::new(mailbox(&address), aliases);
        let registrar = Registrar::new(Arc::clone(&names), options);
        WorkerBuilder::new(registrar).with_mailboxes(mailboxes).start(handle).await?;
        Ok(RelayService { address, names })
    }

    /// Returns the address of the service.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Lists the names of the relays, in order.
    #[must_use]
    pub fn relays(&self) -> Vec<Address> {
        self.names.list().into_iter().map(|(name, _)| name).collect()
    }

    /// Counts the registrations that were refused for one reason.
    #[must_use]
    pub fn refused(&self, why: RelayRefusal) -> u64 {
        self.names.refused(why)
    }

    /// Counts the registrations that took the place of an earlier one.
    #[must_use]
    pub fn replaced(&self) -> u64 {
        self.names.replaced()
    }

    /// Stops the service and its relays.
    ///
    /// # Errors
    /// As [`stop_worker`](Handle::stop_worker).
    ///
    /// # Cancel safety
    /// As [`stop_worker`](Handle::stop_worker); its relays end as well.
    pub async fn stop(&self, handle: &Handle) -> Result<()> {
        handle.stop_worker(self.address.clone()).await
    }
}

hop_conversions!(RelayService, |service| &service.address);

impl fmt::Debug for RelayService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RelayService").field("address", &self.address).finish_non_exhaustive()
    }
}
