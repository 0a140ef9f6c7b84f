//! What goes over what: a channel over a connection, or over another channel.
//!
//! A channel outlives its connection, so its flow does not end with that of the connection; but
//! what was asked through it then is not answered. This owns who is carried by whom, and refuses
//! to know what a channel is.

use super::FlowControls;
use super::carriers::FlowExit;
use super::state::FlowState;
use ockam_core::Address;

impl FlowControls {
    /// Says over which connection goes what is sent to an address of a producer, such as the one
    /// that stands for a channel: the one with the address `first_hop`, or none if there is no
    /// connection at it.
    ///
    /// When that connection ends, or was lost and is being made again, asks that wait for an
    /// answer over the address fail as those over the connection itself do. The flow stays. What
    /// was said before about the address is forgotten.
    ///
    /// ```
    /// # use ockam_node::NodeBuilder;
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// let flows = ctx.flow_controls();
    /// let (connection, channel) = (flows.generate_flow_control_id(), "c".into());
    /// flows.add_producer("receiver", &connection, None, vec!["sender".into()]);
    /// flows.add_producer("decryptor", &channel, None, vec!["encryptor".into()]);
    /// flows.set_carrier("encryptor", &"sender".into());
    /// let lost = ctx.connection_lost(&"encryptor".into())?.expect("there is a channel");
    /// ctx.end_flow(&"receiver".into(), "the connection to the moon has ended");
    /// assert!(lost.await.to_string().contains("the connection to the moon has ended"));
    /// # Ok(()) }
    /// ```
    pub fn set_carrier(&self, address: impl Into<Address>, first_hop: &Address) {
        let address = address.into();
        self.with(|state| state.set_carrier(address, first_hop));
    }
}

impl FlowState {
    fn set_carrier(&mut self, address: Address, first_hop: &Address) {
        self.carriers.forget(&address);
        // Of an address that has ended already nobody would forget it.
        let Some(_) = self.table.find_flow_control_with_producer_address(&address) else {
            return;
        };
        let info = self.table.find_flow_control_with_producer_address(first_hop);
        if let Some(info) = info {
            let flow = info.flow_control_id().clone();
            self.carriers.set(address, FlowExit { first_hop: first_hop.clone(), flow });
        }
    }
}
