//! Every case of `message-bodies.json`: bodies of Rust types, as Ockam 0.150 writes them.

use super::vectors::{bytes, file, list, text};
use ockam_core::{Message, NeutralMessage, Route, decode, encode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(u8);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    samples: Vec<u8>,
    valid: bool,
    unit: Option<String>,
}

/// A type with wide integers that Ockam 0.150 can read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Wide {
    #[serde(with = "postcard::fixint::le")]
    a: u16,
    #[serde(with = "postcard::fixint::le")]
    b: u32,
    #[serde(with = "postcard::fixint::le")]
    c: u64,
    #[serde(with = "postcard::fixint::le")]
    d: i32,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Command {
    Stop,
    Say(String),
    Move { left: u8, fast: bool },
    Pair(u8, u8),
}

/// One wide integer that is written at full width.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
struct Fixed<T: Integer>(#[serde(with = "postcard::fixint::le")] T);

trait Integer: postcard::fixint::FixInt + Debug + PartialEq {}
impl<T: postcard::fixint::FixInt + Debug + PartialEq> Integer for T {}
