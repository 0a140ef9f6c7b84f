//! Bodies: any bytes, decoded as each of many types.
//!
//! It owns the promises that decoding ends, in a value or an error and without more memory than the
//! bytes account for, and that a value which was decoded comes back from its encoding. It refuses to
//! know what Ockam 0.150 writes; the golden vectors do.

use std::collections::{BTreeMap, HashMap};

use ockam_core::{Address, Any, Message, NeutralMessage, Route, decode, encode};
use serde::{Deserialize, Serialize};

use crate::memory::peak_of;

/// What may be held for each byte of a body: an empty text takes a byte there and 24 in memory,
/// an address two and 40; a vector doubles its room and a map keeps some free.
const HELD_PER_BYTE: usize = 192;

/// What may be held in any case: for a collection that announces more items than there are, serde
/// makes room for 1 MiB of them, which a hash map doubles.
const HELD_AT_LEAST: usize = 4 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Meters(u8);

impl Message for Meters {}

#[derive(Serialize, Deserialize)]
struct Reading {
    sensor: String,
    samples: Vec<u8>,
    valid: bool,
    unit: Option<String>,
    position: (f32, f64),
    back: Route,
}

impl Message for Reading {}

#[derive(Serialize, Deserialize)]
struct Wide {
    #[serde(with = "postcard::fixint::le")]
    a: u16,
    #[serde(with = "postcard::fixint::le")]
    b: u128,
    c: i16,
    d: i128,
}

impl Message for Wide {}

#[derive(Serialize, Deserialize)]
enum Command {
    Stop,
    Say(String),
    Move { left: u8, fast: bool },
    Pair(Meters, char),
    Many(Vec<Option<Command>>),
    Then(Box<Command>),
}

impl Message for Command {}

/// Checks the bytes as a body of each type.
pub fn check(data: &[u8]) {
    check_as::<()>(data);
    check_as::<bool>(data);
    check_as::<u8>(data);
    check_as::<i8>(data);
    check_as::<u64>(data);
    check_as::<i128>(data);
    check_as::<f64>(data);
    check_as::<char>(data);
    check_as::<String>(data);
    check_as::<Vec<u8>>(data);
    check_as::<Vec<u64>>(data);
    check_as::<Vec<String>>(data);
    check_as::<Vec<()>>(data);
    check_as::<Option<Option<bool>>>(data);
    check_as::<(String, u8, bool)>(data);
    check_as::<[u16; 4]>(data);
    check_as::<BTreeMap<String, u8>>(data);
    check_as::<Vec<HashMap<u8, ()>>>(data);
    check_as::<Address>(data);
    check_as::<Route>(data);
    check_as::<Reading>(data);
    check_as::<Wide>(data);
    check_as::<Command>(data);
    check_as::<Any>(data);
    check_neutral(data);
}

fn check_as<M: Message>(data: &[u8]) {
    let (decoded, peak) = peak_of(|| decode::<M>(data));
    let most = HELD_AT_LEAST + HELD_PER_BYTE * data.len();
    assert!(peak <= most, "{peak} bytes are taken for {}", data.len());
    match decoded {
        Ok(body) => check_comes_back(data, &body),
        Err(error) => assert!(error.to_string().len() < 500, "{error}"),
    }
}

fn check_comes_back<M: Message>(data: &[u8], body: &M) {
    let bytes = encode(body).expect("what was decoded can be encoded");
    match decode::<M>(&bytes) {
        // A map may have another order then, but not another length.
        Ok(again) => assert_eq!(encode(&again).map(|bytes| bytes.len()), Ok(bytes.len())),
        // Bytes behind the value count for the items that take none.
        Err(error) => assert!(
            bytes.len() < data.len() && error.to_string().contains("items in collections"),
            "what was encoded can be decoded: {error}"
        ),
    }
}

fn check_neutral(data: &[u8]) {
    let body = decode::<NeutralMessage>(data).expect("all bytes are a neutral message");
    assert_eq!(encode(&body).as_deref(), Ok(data));
}
