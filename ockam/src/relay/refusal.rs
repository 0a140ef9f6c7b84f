//! Why a registration is refused.

use core::fmt;

/// Why a relay service dropped a registration. The owner is not told: it hears nothing, as
/// `docs/protocol.md` wants it, and its registration times out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RelayRefusal {
    /// The body is not a `String`.
    NotAText,
    /// The wanted name is empty.
    NoName,
    /// The name is over [`MAX_RELAY_NAME_LEN`](crate::relay::MAX_RELAY_NAME_LEN).
    NameTooLong,
    /// The name is the address of another transport, and not of a worker.
    NotLocal,
    /// Something that is no relay of this service has the name; it is not touched.
    NameTaken,
    /// The return route does not lead to another node: it would make the relay a way around this
    /// node's flow control.
    NoWayBack,
    /// The return route leads to another relay of this service, or to the name itself.
    Loop,
    /// There are as many relays as the service may run, and all of them lead somewhere.
    TooMany,
    /// As many relays lead to the connection as one connection may have.
    TooManyOfConnection,
    /// The relay could not be started, or its answer could not be sent.
    NotStarted,
}

impl RelayRefusal {
    /// All reasons, in the order of their counts.
    pub const ALL: [RelayRefusal; 10] = [
        RelayRefusal::NotAText,
        RelayRefusal::NoName,
        RelayRefusal::NameTooLong,
        RelayRefusal::NotLocal,
        RelayRefusal::NameTaken,
        RelayRefusal::NoWayBack,
        RelayRefusal::Loop,
        RelayRefusal::TooMany,
        RelayRefusal::TooManyOfConnection,
        RelayRefusal::NotStarted,
    ];
}

impl fmt::Display for RelayRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RelayRefusal::NotAText => "the body is not a text",
            RelayRefusal::NoName => "the wanted name is empty",
            RelayRefusal::NameTooLong => "the name is too long",
            RelayRefusal::NotLocal => "the name is not that of a worker",
            RelayRefusal::NameTaken => "something that is no relay has the name",
            RelayRefusal::NoWayBack => "the return route does not lead to another node",
            RelayRefusal::Loop => "the return route leads to another relay",
            RelayRefusal::TooMany => "there are too many relays",
            RelayRefusal::TooManyOfConnection => "too many relays lead to the connection",
            RelayRefusal::NotStarted => "the relay could not be started",
        })
    }
}
