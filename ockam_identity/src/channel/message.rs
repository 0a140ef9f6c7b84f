//! The content of a message of a channel.
//!
//! It owns the three kinds of content, and that a message needs only one buffer: an outgoing
//! content is written after the room for its number, and an incoming body stays where it was
//! decrypted. It does not know how messages are sent or delivered.

use super::sealer::CHANNEL_OVERHEAD;
use super::{ChannelError, MAX_HANDSHAKE_MESSAGE_LEN, NUMBER_LEN};
use crate::codec::{Structure, no_variant, read_field, read_list, write_list};
use crate::credential::CredentialAndPurposeKey;
use crate::identity::ChangeHistory;
use alloc::vec::Vec;
use core::ops::Range;
use ockam_core::cbor::{
    CborError, Reader, bytes_len, read_route, route_len, write_array, write_bytes, write_route,
    write_variant,
};
use ockam_core::{Route, TransportMessage};

/// Maximum length of the content of a refresh in bytes, the same as that of a handshake message.
pub const MAX_REFRESH_LEN: usize = MAX_HANDSHAKE_MESSAGE_LEN;

const DATA: u64 = 0;
const REFRESH: u64 = 1;
const CLOSE: u64 = 2;

/// The fields of a close whose sender is going away: an array of the number of the feature. Ockam 0.150
/// passes over any.
const GOING_AWAY: [u8; 2] = [0x81, 8];

const MESSAGE: &str = "the channel message";
const PADDING: &str = "the padding";
const HISTORY: &str = "the change history";
const CREDENTIALS: &str = "the credentials";
const ONWARD_ROUTE: &str = "the onward route";
const RETURN_ROUTE: &str = "the return route";
const PAYLOAD: &str = "the payload";

/// The content of a message of a channel.
// A box would cost one more allocation per message.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChannelMessage {
    /// A message to a worker at the other end.
    Data(TransportMessage),
    /// A newer history or newer credentials of the sender.
    Refresh {
        /// The history of the sender's keys.
        change_history: ChangeHistory,
        /// The credentials of the sender.
        credentials: Vec<CredentialAndPurposeKey>,
    },
    /// The last message: the sender has closed its end.
    Close,
    /// The last message: the sender's node stops, or cannot take the other side now. The same listener
    /// may make another channel later. A reader that does not know it reads [`Close`](Self::Close).
    GoingAway,
}

impl ChannelMessage {
    /// Encodes the content into a new buffer, after room for its number, as
    /// [`Sealer::seal`](super::Sealer::seal) expects it. The capacity includes the tag.
    ///
    /// A typed body that cannot be encoded counts as empty; check
    /// [`Payload::to_bytes`](ockam_core::Payload::to_bytes) first.
    #[must_use]
    pub fn to_buffer(&self) -> Vec<u8> {
        let mut buffer = match self {
            Self::Data(message) => return Self::data_to_buffer(message),
            Self::Refresh { change_history, credentials } => {
                let mut buffer = begin(0);
                write_variant(&mut buffer, REFRESH, 1);
                write_array(&mut buffer, 2);
                change_history.write(&mut buffer);
                write_list(&mut buffer, credentials);
                buffer
            }
            Self::Close => {
                let mut buffer = begin(0);
                write_variant(&mut buffer, CLOSE, 0);
                buffer
            }
            Self::GoingAway => {
                let mut buffer = begin(GOING_AWAY.len());
                write_variant(&mut buffer, CLOSE, 1);
                buffer.extend(GOING_AWAY.get(1));
                buffer
            }
        };
        write_bytes(&mut buffer, &[]);
        buffer
    }

    /// As [`to_buffer`](Self::to_buffer), for a borrowed message to a worker.
    #[must_use]
    pub fn data_to_buffer(message: &TransportMessage) -> Vec<u8> {
        // The heads of the enclosing arrays.
        const HEADS: usize = 4;
        let routes = route_len(&message.onward_route) + route_len(&message.return_route);
        let mut buffer = begin(HEADS + routes + bytes_len(&message.payload));
        write_variant(&mut buffer, DATA, 1);
        write_array(&mut buffer, 3);
        write_route(&mut buffer, &message.onward_route);
        write_route(&mut buffer, &message.return_route);
        write_bytes(&mut buffer, &message.payload);
        write_bytes(&mut buffer, &[]);
        buffer
    }

    /// Returns whether a buffer of [`to_buffer`](Self::to_buffer) holds a message to a worker.
    #[cfg(feature = "node")]
    pub(crate) fn is_data_in(buffer: &[u8]) -> bool {
        // The array around the content, and the array of a kind and its fields.
        matches!(buffer.get(NUMBER_LEN..), Some([0x82, 0x82, 0, ..]))
    }

    /// Decodes the content of a buffer as [`Opener::open`](super::Opener::open) leaves it. The body
    /// of a message stays in the buffer.
    ///
    /// # Errors
    /// [`ChannelError::Malformed`], [`ChannelError::Route`] and [`ChannelError::RefreshTooLong`].
    pub fn from_buffer(mut buffer: Vec<u8>) -> Result<Self, ChannelError> {
        let content = buffer.get(NUMBER_LEN..).ok_or(ChannelError::TooShort(buffer.len()))?;
        match read_content(content)? {
            Content::Data { onward_route, return_route, payload } => {
                buffer.truncate(NUMBER_LEN + payload.end);
                buffer.drain(..NUMBER_LEN + payload.start);
                // Do not keep a large buffer for a small body: mailboxes count only the body.
                if buffer.capacity() - buffer.len() > buffer.len() + SLACK {
                    buffer.shrink_to_fit();
                }
                Ok(Self::Data(TransportMessage::new(onward_route, return_route, buffer)))
            }
            Content::Other(message) => Ok(message),
        }
    }
}

/// Number of surplus bytes that may stay with a body, besides as many as the body has.
const SLACK: usize = 1024;

/// Creates a buffer with room for the number and the head of the array of content and padding.
/// `len` is the length of the content.
fn begin(len: usize) -> Vec<u8> {
    // The head of the array and the padding.
    const FRAME: usize = 2;
    let mut buffer = Vec::with_capacity(CHANNEL_OVERHEAD + FRAME + len);
    buffer.extend_from_slice(&[0; NUMBER_LEN]);
    write_array(&mut buffer, 2);
    buffer
}

/// A decoded content whose body stays in the buffer.
enum Content {
    Data { onward_route: Route, return_route: Route, payload: Range<usize> },
    Other(ChannelMessage),
}

fn read_content(content: &[u8]) -> Result<Content, ChannelError> {
    let mut reader = Reader::new(content);
    let mut fields = reader.array(MESSAGE)?;
    reader.require(&mut fields, MESSAGE)?;
    let message = match reader.variant(MESSAGE)? {
        DATA => read_field(&mut reader, MESSAGE, read_data)?,
        REFRESH if content.len() > MAX_REFRESH_LEN => {
            return Err(ChannelError::RefreshTooLong(content.len()));
        }
        REFRESH => read_field(&mut reader, MESSAGE, read_refresh).map(Content::Other)?,
        CLOSE => {
            let start = reader.offset();
            reader.skip_item()?;
            let is_away = content.get(start..reader.offset()) == Some(&GOING_AWAY[..]);
            Content::Other(if is_away { ChannelMessage::GoingAway } else { ChannelMessage::Close })
        }
        other => return Err(no_variant(&reader, MESSAGE, other).into()),
    };
    reader.require(&mut fields, PADDING)?;
    reader.bytes(PADDING)?;
    reader.skip_rest(&mut fields)?;
    Ok(message)
}

fn read_data(reader: &mut Reader<'_>) -> Result<Content, ChannelError> {
    let mut fields = reader.array(MESSAGE)?;
    reader.require(&mut fields, ONWARD_ROUTE)?;
    let onward_route = read_route(reader, ONWARD_ROUTE)?.map_err(ChannelError::Route)?;
    reader.require(&mut fields, RETURN_ROUTE)?;
    let return_route = read_route(reader, RETURN_ROUTE)?.map_err(ChannelError::Route)?;
    reader.require(&mut fields, PAYLOAD)?;
    let len = reader.bytes(PAYLOAD)?.len();
    let payload = reader.offset() - len..reader.offset();
    reader.skip_rest(&mut fields)?;
    Ok(Content::Data { onward_route, return_route, payload })
}

fn read_refresh(reader: &mut Reader<'_>) -> Result<ChannelMessage, CborError> {
    let mut fields = reader.array(MESSAGE)?;
    reader.require(&mut fields, HISTORY)?;
    let change_history = ChangeHistory::read(reader)?;
    reader.require(&mut fields, CREDENTIALS)?;
    let credentials = read_list(reader, CREDENTIALS)?;
    reader.skip_rest(&mut fields)?;
    Ok(ChannelMessage::Refresh { change_history, credentials })
}
