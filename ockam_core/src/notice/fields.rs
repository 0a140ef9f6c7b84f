//! The parts of a notice: the numbers of reasons and kinds, and texts within their limits.

use super::{FailureReason, MAX_NOTICE_TEXT_LEN, MAX_NOTICE_TEXTS, MAX_NOTICE_TYPE_LEN};
use super::{Mismatch, NoticeError};
use crate::ErrorKind;
use crate::cbor::Reader;
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) const REASON: &str = "the reason";
pub(super) const KIND: &str = "the kind";
pub(super) const TEXT_LIST: &str = "the texts";
const TEXT: &str = "a text";
const MISMATCH: &str = "what was expected";
const EXPECTED: &str = "the expected type";
const LEN: &str = "the body's length";
const LEFT_OVER: &str = "what was left over";

/// What stands at the end of a text that was cut.
const CUT: &str = "…";

/// The kinds by their numbers, which stay when the enum is changed.
const KINDS: [ErrorKind; 12] = [
    ErrorKind::InvalidInput,
    ErrorKind::NotFound,
    ErrorKind::AlreadyExists,
    ErrorKind::Encoding,
    ErrorKind::Full,
    ErrorKind::TimedOut,
    ErrorKind::Denied,
    ErrorKind::Stopped,
    ErrorKind::Failed,
    ErrorKind::Panicked,
    ErrorKind::Io,
    ErrorKind::Application,
];

/// The number of [`ErrorKind::Failed`].
const FAILED: u8 = 8;

/// The reasons by their numbers.
const REASONS: [FailureReason; 9] = [
    FailureReason::Failed,
    FailureReason::Panicked,
    FailureReason::Stopped,
    FailureReason::CutOff,
    FailureReason::Full,
    FailureReason::Undecodable,
    FailureReason::NotFound,
    FailureReason::Denied,
    FailureReason::Unsendable,
];

pub(super) fn kind_number(kind: ErrorKind) -> u8 {
    KINDS.iter().position(|known| *known == kind).map_or(FAILED, |number| number as u8)
}

pub(super) fn kind_from(number: u8) -> ErrorKind {
    KINDS.get(usize::from(number)).copied().unwrap_or(ErrorKind::Failed)
}

impl FailureReason {
    pub(super) fn number(self) -> u8 {
        match self {
            FailureReason::Other(number) => number,
            known => REASONS.iter().position(|reason| *reason == known).unwrap_or_default() as u8,
        }
    }

    pub(super) fn from_number(number: u8) -> Self {
        REASONS.get(usize::from(number)).copied().unwrap_or(FailureReason::Other(number))
    }
}

/// Cuts a text to at most `room` bytes; `None` if there is no room for any of it.
pub(super) fn cut(text: &str, room: usize) -> Option<Cow<'_, str>> {
    if text.len() <= room {
        return Some(Cow::Borrowed(text));
    }
    let room = room.checked_sub(CUT.len())?;
    let end = (0..=room).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    let mut cut = String::with_capacity(end + CUT.len());
    cut.push_str(&text[..end]);
    cut.push_str(CUT);
    Some(Cow::Owned(cut))
}

/// Reads the texts.
pub(super) fn texts(reader: &mut Reader<'_>) -> Result<Vec<String>, NoticeError> {
    let mut elements = reader.array(TEXT_LIST)?;
    let (mut texts, mut len) = (Vec::new(), 0);
    while reader.has_next(&mut elements)? {
        if texts.len() == MAX_NOTICE_TEXTS {
            let (len, limit) = (texts.len() + 1, MAX_NOTICE_TEXTS);
            return Err(NoticeError::TooLong { part: TEXT_LIST, len, limit });
        }
        let text = reader.text(TEXT)?;
        len += text.len();
        within(TEXT_LIST, len, MAX_NOTICE_TEXT_LEN)?;
        texts.push(escaped(text));
    }
    Ok(texts)
}

impl Mismatch {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, NoticeError> {
        let mut fields = reader.array(MISMATCH)?;
        reader.require(&mut fields, EXPECTED)?;
        let expected = reader.text(EXPECTED)?;
        within(EXPECTED, expected.len(), MAX_NOTICE_TYPE_LEN)?;
        reader.require(&mut fields, LEN)?;
        let len = reader.unsigned(LEN)?;
        let mut left_over = None;
        if reader.has_next(&mut fields)? {
            if !reader.take_null() {
                left_over = Some(reader.unsigned(LEFT_OVER)?);
            }
            reader.skip_rest(&mut fields)?;
        }
        Ok(Mismatch { expected: escaped(expected), len, left_over })
    }
}

fn within(part: &'static str, len: usize, limit: usize) -> Result<(), NoticeError> {
    if len > limit { Err(NoticeError::TooLong { part, len, limit }) } else { Ok(()) }
}

/// Escapes what could change a log or a terminal.
fn escaped(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            shown.extend(char.escape_debug());
        } else {
            shown.push(char);
        }
    }
    shown
}
