//! The headers of a request and of its response: CBOR maps with numeric keys, in front of the body.

use crate::codec::Structure;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use ockam_core::cbor::{CborError, Reader, write_boolean, write_map, write_text, write_unsigned};

/// The method of a request that creates something.
const POST: u8 = 1;

const HEADER: &str = "the header of a request";
const KEY: &str = "a key of the header";
const ID: &str = "the id of a request";
const PATH: &str = "the path";
const METHOD: &str = "the method";
const STATUS: &str = "the status";
const BODY: &str = "whether there is a body";

/// Status of a response, as in HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Status {
    Ok = 200,
    Unauthorized = 401,
    Forbidden = 403,
    NotFound = 404,
    MethodNotAllowed = 405,
    Failed = 500,
}

/// The header of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) id: u64,
    path: String,
    method: u8,
    has_body: bool,
}

impl Request {
    /// Creates a request for a credential.
    pub(super) fn new(id: u64) -> Self {
        Request { id, path: "/".to_string(), method: POST, has_body: false }
    }

    /// Returns the error status if it is not a request for a credential.
    pub(super) fn refusal(&self) -> Option<Status> {
        match (&*self.path, self.method) {
            ("/", POST) => None,
            ("/", _) => Some(Status::MethodNotAllowed),
            _ => Some(Status::NotFound),
        }
    }
}

impl Structure for Request {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_map(buffer, 4);
        write_unsigned(buffer, 1);
        write_unsigned(buffer, self.id);
        write_unsigned(buffer, 2);
        write_text(buffer, &self.path);
        write_unsigned(buffer, 3);
        write_unsigned(buffer, self.method.into());
        write_unsigned(buffer, 4);
        write_boolean(buffer, self.has_body);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut request = Request::default();
        let mut pairs = reader.map(HEADER)?;
        while reader.has_next(&mut pairs)? {
            match reader.unsigned(KEY)? {
                1 => request.id = reader.unsigned(ID)?,
                2 => request.path = reader.text(PATH)?.to_string(),
                3 => request.method = reader.byte(METHOD)?,
                4 => request.has_body = reader.boolean(BODY)?,
                _ => reader.skip_item()?,
            }
        }
        Ok(request)
    }
}

/// The header of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) id: u64,
    /// The id of the request.
    pub(super) of: u64,
    /// A [`Status`], or another number of a later version.
    pub(super) status: u64,
    pub(super) has_body: bool,
}

impl Answer {
    /// Decodes a response and returns the body after it.
    pub(super) fn decode_front(bytes: &[u8]) -> Result<(Self, &[u8]), CborError> {
        let mut reader = Reader::new(bytes);
        let answer = Self::read(&mut reader)?;
        Ok((answer, &bytes[reader.offset()..]))
    }
}

impl Structure for Answer {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_map(buffer, 4);
        for (key, value) in [(1, self.id), (2, self.of), (3, self.status)] {
            write_unsigned(buffer, key);
            write_unsigned(buffer, value);
        }
        write_unsigned(buffer, 4);
        write_boolean(buffer, self.has_body);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut answer = Answer::default();
        let mut pairs = reader.map(HEADER)?;
        while reader.has_next(&mut pairs)? {
            match reader.unsigned(KEY)? {
                1 => answer.id = reader.unsigned(ID)?,
                2 => answer.of = reader.unsigned(ID)?,
                3 => answer.status = reader.unsigned(STATUS)?,
                4 => answer.has_body = reader.boolean(BODY)?,
                _ => reader.skip_item()?,
            }
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_map_with_numbers_for_keys() {
        let request = Request::new(7);
        assert_eq!(request.encode(), b"\xa4\x01\x07\x02\x61/\x03\x01\x04\xf4");
        assert_eq!(Request::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn unknown_keys_are_skipped_and_the_body_is_what_is_behind() {
        let bytes = b"\xa5\x01\x02\x02\x07\x03\x18\xc8\x04\xf5\x09\x82\x01\x02body";
        let (answer, body) = Answer::decode_front(bytes).unwrap();
        assert_eq!(answer, Answer { id: 2, of: 7, status: 200, has_body: true });
        assert_eq!(body, b"body");
    }
}
