//! Why a message of the handshake or of a channel is refused.

use super::{LAST_NONCE, MAX_HANDSHAKE_MESSAGE_LEN, MAX_REFRESH_LEN, WINDOW};
use crate::identity::IdentityError;
use crate::purpose_key::AttestationError;
use crate::vault::VaultError;
use core::error::Error;
use core::fmt;
use ockam_core::RouteError;
use ockam_core::cbor::CborError;

/// Says why a handshake cannot go on. The peer is not told.
#[derive(Debug)]
#[non_exhaustive]
pub enum HandshakeError {
    /// The message has fewer bytes than it needs.
    TooShort(usize),
    /// The message has more than [`MAX_HANDSHAKE_MESSAGE_LEN`] bytes, ours or the peer's.
    TooLong(usize),
    /// A key does not agree, or a part of the message is not authentic.
    Keys(VaultError),
    /// What the peer shows is no identity with credentials.
    Payload(CborError),
    /// The peer's history is not accepted.
    Identity(IdentityError),
    /// The static key is not the peer's.
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
            Self::Payload(error) => write!(f, "what the peer shows is malformed: {error}"),
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

/// Says why a message of a channel is refused, or cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelError {
    /// The message has fewer bytes than a number and a tag.
    TooShort(usize),
    /// The number is too far from the greatest one that was accepted.
    OutsideWindow {
        /// The message's number.
        number: u64,
        /// The greatest number that was accepted.
        top: u64,
    },
    /// A message with this number was accepted before.
    Repeated(u64),
    /// The message is not what the peer has sent.
    NotAuthentic(u64),
    /// The content is not that of a channel message.
    Malformed(CborError),
    /// A route in the content is over the limits of this library.
    Route(RouteError),
    /// The channel has sent as many messages as its numbers allow. Make a new one.
    Exhausted,
    /// The message is longer than can be encrypted.
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
            Self::Repeated(number) => write!(f, "channel message {number} came before"),
            Self::NotAuthentic(number) => write!(f, "channel message {number} is not authentic"),
            Self::Malformed(error) => write!(f, "the channel message is malformed: {error}"),
            Self::Route(error) => write!(f, "the channel message goes too far: {error}"),
            Self::Exhausted => {
                write!(f, "the channel has sent {LAST_NONCE} messages: make a new one")
            }
            Self::TooLong(len) => write!(f, "the message of {len} bytes cannot be encrypted"),
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
