//! The error codes of Ockam's programs of 2023 and later: where an error is from, and what is wrong.
//!
//! Programs that are written for this library use [`ErrorKind`](crate::ErrorKind), which says what a caller can do.
//! [`Error::new`](crate::Error::new) and
//! [`Error::new_without_cause`](crate::Error::new_without_cause) take these codes and map them onto it.

use core::fmt;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $code:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$of])* $code,)* }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($name::$code => $text,)* })
            }
        }
    };
}

codes! {
    /// The part of a program that an error is from.
    Origin {
        /// An unknown part.
        Unknown => "unknown",
        /// The program's own code.
        Application => "application",
        /// The core: routing, messages.
        Core => "core",
        /// The node: workers, mailboxes.
        Node => "node",
        /// The interface that manages nodes.
        Api => "api",
        /// An identity or a credential.
        Identity => "identity",
        /// A secure channel.
        Channel => "channel",
        /// The handshake of a secure channel.
        KeyExchange => "key exchange",
        /// A vault.
        Vault => "vault",
        /// A transport.
        Transport => "transport",
        /// The runtime that nodes run on.
        Executor => "executor",
        /// The library as a whole.
        Ockam => "ockam",
        /// Another part.
        Other => "other",
    }
}

codes! {
    /// What is wrong.
    Kind {
        /// Something unknown.
        Unknown => "unknown",
        /// A mistake inside of the library or the program.
        Internal => "internal",
        /// An argument or a message that is wrong.
        Invalid => "invalid",
        /// Something that is not supported.
        Unsupported => "unsupported",
        /// Something that is not there.
        NotFound => "not found",
        /// Something that is there already.
        AlreadyExists => "already exists",
        /// A bounded resource without room.
        ResourceExhausted => "resource exhausted",
        /// A call that is wrong in this state.
        Misuse => "misuse",
        /// Something that was given up.
        Cancelled => "cancelled",
        /// Something that has stopped or is stopping.
        Shutdown => "shutdown",
        /// A time limit that ran out.
        Timeout => "timeout",
        /// Two things that exclude each other.
        Conflict => "conflict",
        /// A value that cannot be encoded or decoded.
        Serialization => "serialization",
        /// A text that cannot be read.
        Parse => "parse",
        /// An error of the operating system or of a device.
        Io => "io",
        /// A message that the protocol does not allow.
        Protocol => "protocol",
        /// Something that is not there yet.
        NotReady => "not ready",
        /// A panic.
        Panic => "panic",
        /// Something else.
        Other => "other",
    }
}
