//! What a node tells an asker on another node whose question has failed.
//!
//! It owns the bytes and their limits. It refuses to know who is told, and how a notice travels: it
//! is the body of an ordinary message to the asker's
//! [`notice_address`](crate::Address::notice_address).
//!
//! ```text
//!   ff ff ff ff ff ff ff ff ff 01   2^64 - 1 as a length in front of a body, which nobody reads,
//!                                   and no item of CBOR
//!   [reason, kind, [* text], ? [expected, len, ? left over]]     in CBOR; more elements are skipped
//! ```
//!
//! What is optional is left out here; a reader takes `null` for it as well.

mod error;
mod fields;

pub use error::NoticeError;

use crate::ErrorKind;
use crate::cbor::{Reader, write_array, write_text, write_unsigned};
use alloc::string::String;
use alloc::vec::Vec;
use fields::{cut, kind_from, kind_number};

/// How many bytes a notice has at most.
pub const MAX_NOTICE_LEN: usize = 1024;

/// How many bytes all texts of a notice have together at most.
pub const MAX_NOTICE_TEXT_LEN: usize = 512;

/// How many texts a notice has at most: an error and its causes.
pub const MAX_NOTICE_TEXTS: usize = 8;

/// How many bytes the name of a type has at most in a notice.
pub const MAX_NOTICE_TYPE_LEN: usize = 128;

/// What stands in front of every notice.
const HEAD: [u8; 10] = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];

/// Says why a question was not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureReason {
    /// The handler returned an error.
    Failed,
    /// The handler panicked.
    Panicked,
    /// The worker stopped before it handled the question.
    Stopped,
    /// The worker was killed, or cut off at the deadline of a stop.
    CutOff,
    /// The worker's mailbox was full for too long.
    Full,
    /// The worker could not read the body.
    Undecodable,
    /// There is no worker at the address.
    NotFound,
    /// The worker may not be reached from there.
    Denied,
    /// The question, or its answer, could not be sent on.
    Unsendable,
    /// A reason that this version does not know.
    Other(u8),
}

/// What a worker expected instead of a body that it could not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The name of the type, without its path.
    pub expected: String,
    /// How many bytes the body has.
    pub len: u64,
    /// How many of them were left over behind a value, if that was what was wrong.
    pub left_over: Option<u64>,
}

/// A failure, as an asker on another node is told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureNotice {
    /// What has happened.
    pub reason: FailureReason,
    /// The kind of the error that an asker on the same node would get.
    pub kind: ErrorKind,
    /// The error's text and those of its causes, outermost first; empty if they are not told.
    pub texts: Vec<String>,
    /// What was expected, if a body could not be read.
    pub mismatch: Option<Mismatch>,
}

impl FailureNotice {
    /// Makes a notice without texts.
    #[must_use]
    pub fn new(reason: FailureReason, kind: ErrorKind) -> Self {
        FailureNotice { reason, kind, texts: Vec::new(), mismatch: None }
    }

    /// Returns the bytes. Texts that are too long are cut at a character and end with `…`, and what
    /// is too much is left out.
    ///
    /// ```
    /// use ockam_core::{ErrorKind, FailureNotice, FailureReason};
    ///
    /// let mut notice = FailureNotice::new(FailureReason::Failed, ErrorKind::Failed);
    /// notice.texts.push("the tank is empty".into());
    /// assert_eq!(FailureNotice::decode(&notice.encode())?, notice);
    /// # Ok::<(), ockam_core::NoticeError>(())
    /// ```
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = HEAD.to_vec();
        write_array(&mut bytes, if self.mismatch.is_some() { 4 } else { 3 });
        write_unsigned(&mut bytes, self.reason.number().into());
        write_unsigned(&mut bytes, kind_number(self.kind).into());
        let mut room = MAX_NOTICE_TEXT_LEN;
        let texts = self.texts.iter().take(MAX_NOTICE_TEXTS).map_while(|text| {
            let text = cut(text, room)?;
            room -= text.len();
            Some(text)
        });
        let texts: Vec<_> = texts.collect();
        write_array(&mut bytes, texts.len());
        texts.iter().for_each(|text| write_text(&mut bytes, text));
        if let Some(Mismatch { expected, len, left_over }) = &self.mismatch {
            write_array(&mut bytes, if left_over.is_some() { 3 } else { 2 });
            write_text(&mut bytes, &cut(expected, MAX_NOTICE_TYPE_LEN).unwrap_or_default());
            write_unsigned(&mut bytes, *len);
            left_over.iter().for_each(|left_over| write_unsigned(&mut bytes, *left_over));
        }
        bytes
    }

    /// Reads a notice. Control characters in its texts, which go into logs and terminals, are
    /// escaped. A kind that this version does not know is [`Failed`](ErrorKind::Failed).
    ///
    /// # Errors
    /// [`NoticeError`] if the bytes are no notice, or are over a limit that every sender keeps.
    pub fn decode(bytes: &[u8]) -> Result<Self, NoticeError> {
        if bytes.len() > MAX_NOTICE_LEN {
            return Err(NoticeError::TooLong {
                part: "a notice",
                len: bytes.len(),
                limit: MAX_NOTICE_LEN,
            });
        }
        let bytes = bytes.strip_prefix(&HEAD).ok_or(NoticeError::NoNotice)?;
        let mut reader = Reader::new(bytes);
        let mut fields = reader.array("the notice")?;
        reader.require(&mut fields, fields::REASON)?;
        let reason = FailureReason::from_number(reader.byte(fields::REASON)?);
        reader.require(&mut fields, fields::KIND)?;
        let kind = kind_from(reader.byte(fields::KIND)?);
        reader.require(&mut fields, fields::TEXT_LIST)?;
        let texts = fields::texts(&mut reader)?;
        let mut mismatch = None;
        if reader.has_next(&mut fields)? {
            // A later version may have elements behind one that it leaves out.
            if !reader.take_null() {
                mismatch = Some(Mismatch::read(&mut reader)?);
            }
            reader.skip_rest(&mut fields)?;
        }
        Ok(FailureNotice { reason, kind, texts, mismatch })
    }
}

#[cfg(test)]
mod tests;
