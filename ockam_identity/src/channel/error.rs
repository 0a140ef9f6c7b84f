//! Errors of the handshake and of the messages of a channel.

use super::{LAST_NONCE, MAX_HANDSHAKE_MESSAGE_LEN, MAX_REFRESH_LEN, WINDOW};
use crate::identity::IdentityError;
use crate::purpose_key::AttestationError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;
use ockam_core::RouteError;
use ockam_core::cbor::CborError;

/// Error of a handshake message. It is not sent to the peer.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The message is too short.
    TooShort(usize),
    /// The message, ours or the peer's, has more than [`MAX_HANDSHAKE_MESSAGE_LEN`] bytes.
    TooLong(usize),
    /// A key is weak, or a part of the message is not authentic.
    Keys(VaultError),
    /// The peer's payload is not an identity with credentials.
    Payload(CborError),
    /// The peer's change history is not valid.
    Identity(IdentityError),
    /// The static key is not attested by the peer's identity.
    Attestation(AttestationError),
}

impl Error for HandshakeError {}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(len) => {
                write!(f, "the handshake message of {len} bytes is too short")
            }
            Self::TooLong(len) => write!(
                f,
                "the handshake message of {len} bytes is longer than the limit of \
                 {MAX_HANDSHAKE_MESSAGE_LEN}"
            ),
            Self::Keys(error) => write!(f, "the handshake message is not accepted: {error}"),
            Self::Payload(error) => write!(f, "the peer's payload is malformed: {error}"),
            Self::Identity(error) => write!(f, "the peer is not accepted: {error}"),
            Self::Attestation(error) => write!(f, "the peer is not accepted: {error}"),
        }
    }
}

impl From<VaultError> for HandshakeError {
    fn from(error: VaultError) -> Self {
        Self::Keys(error)
    }
}

/// Error of receiving or sending a message of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelError {
    /// The message is shorter than a number and a tag.
    TooShort(usize),
    /// The number is too far from the greatest accepted one.
    OutsideWindow {
        /// The message's number.
        number: u64,
        /// The greatest accepted number.
        top: u64,
    },
    /// A message with this number was accepted before.
    Repeated(u64),
    /// The message is not authentic.
    NotAuthentic(u64),
    /// The content is not a valid channel message.
    Malformed(CborError),
    /// A route in the content exceeds the limits of this library.
    Route(RouteError),
    /// The channel has used all of its message numbers. Create a new one.
    Exhausted,
    /// The message is too long to encrypt.
    TooLong(usize),
    /// A refresh has more than [`MAX_REFRESH_LEN`] bytes.
    RefreshTooLong(usize),
}

impl Error for ChannelError {}

impl fmt::Display for ChannelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(len) => write!(f, "the channel message of {len} bytes is too short"),
            Self::OutsideWindow { number, top } => write!(
                f,
                "channel message {number} is more than {WINDOW} from {top}, the greatest accepted"
            ),
            Self::Repeated(number) => write!(f, "channel message {number} was received before"),
            Self::NotAuthentic(number) => write!(f, "channel message {number} is not authentic"),
            Self::Malformed(error) => write!(f, "the channel message is malformed: {error}"),
            Self::Route(error) => write!(f, "a route of the channel message is not valid: {error}"),
            Self::Exhausted => {
                write!(f, "the channel has sent {LAST_NONCE} messages: create a new one")
            }
            Self::TooLong(len) => write!(f, "the message of {len} bytes is too long to encrypt"),
            Self::RefreshTooLong(len) => write!(
                f,
                "the refresh of {len} bytes is longer than the limit of {MAX_REFRESH_LEN}"
            ),
        }
    }
}

impl From<CborError> for ChannelError {
    fn from(error: CborError) -> Self {
        Self::Malformed(error)
    }
}
