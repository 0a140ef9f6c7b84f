//! Who made a connection.

/// Says who made a connection.
///
/// It is exhaustive: a connection has two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcpDirection {
    /// This node connected to the other.
    Outgoing,
    /// The other node connected to a listener of this one.
    Incoming,
}
