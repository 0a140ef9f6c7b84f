//! Every case of `message-bodies.json`: bodies of Rust types, as Ockam 0.150 writes them.

use super::vectors::{bytes, file, list, text};
use ockam_core::{Address, Message, NeutralMessage, Route, decode, encode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::any::TypeId;
use std::collections::BTreeMap;
use std::fmt::Debug;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Meters(u8);

impl Message for Meters {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    sensor: String,
    samples: Vec<u8>,
    valid: bool,
    unit: Option<String>,
}

impl Message for Reading {}

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

impl Message for Wide {}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Command {
    Stop,
    Say(String),
    Move { left: u8, fast: bool },
    Pair(u8, u8),
}

impl Message for Command {}

/// One wide integer, written at full width.
macro_rules! fixed {
    ($($name:ident($integer:ty)),+) => {
        $(
            #[derive(Debug, PartialEq, Serialize, Deserialize)]
            struct $name(#[serde(with = "postcard::fixint::le")] $integer);

            impl Message for $name {}
        )+
    };
}

fixed!(U16(u16), U32(u32), U64(u64), U128(u128), I32(i32), I64(i64));

/// Encodes and decodes the body of a case, both ways.
fn check<M: Message + PartialEq + Debug>(case: &Value, body: &M) {
    let bytes = bytes(&case["hex"]);
    assert_eq!(encode(body).unwrap(), bytes, "{case}");
    assert_eq!(&decode::<M>(&bytes).unwrap(), body, "{case}");
    let behind = [&bytes[..], &[0xff]].concat();
    // Only a string may have bytes behind it.
    if TypeId::of::<M>() == TypeId::of::<String>() {
        assert_eq!(&decode::<M>(&behind).unwrap(), body, "bytes behind the value: {case}");
    } else {
        let error = decode::<M>(&behind).unwrap_err().to_string();
        let sizes = format!("its {} bytes do not decode (1 of them are left over)", behind.len());
        assert!(error.contains(&sizes), "{error}");
    }
}

/// Checks a type whose JSON is the value of the vector.
fn same<M: Message + DeserializeOwned + PartialEq + Debug>(case: &Value) {
    check::<M>(case, &serde_json::from_value(case["value"].clone()).unwrap());
}

fn string(case: &Value) {
    let Value::Object(pattern) = &case["value"] else { return same::<String>(case) };
    let times = pattern["times"].as_u64().unwrap() as usize;
    check(case, &pattern["repeat"].as_str().unwrap().repeat(times));
}

fn addresses(case: &Value) {
    let addresses = list(case, "value").iter();
    let addresses: Route =
        addresses.map(|text| text.as_str().unwrap().parse::<Address>().unwrap()).collect();
    check(case, &addresses);
}

/// Checks one case by the name of its type; returns whether a type of ours has that form.
fn check_case(case: &Value) -> bool {
    let value = &case["value"];
    let number = || value.as_i64().unwrap();
    match text(case, "type").split([' ', '(']).collect::<Vec<_>>()[..] {
        ["String"] => string(case),
        ["bool"] => same::<bool>(case),
        ["u8"] => same::<u8>(case),
        ["i8"] => same::<i8>(case),
        ["u16"] => check(case, &U16(number().try_into().unwrap())),
        ["u32"] => check(case, &U32(number().try_into().unwrap())),
        ["u64"] => check(case, &U64(value.as_u64().unwrap())),
        ["u128"] => check(case, &U128(value.as_str().unwrap().parse().unwrap())),
        ["i32"] => check(case, &I32(number().try_into().unwrap())),
        ["i64"] => check(case, &I64(number())),
        ["f32"] => same::<f32>(case),
        ["f64"] => same::<f64>(case),
        ["Option<String>"] => same::<Option<String>>(case),
        ["Option<bool>"] => same::<Option<bool>>(case),
        ["", "String,", "u8,", "bool)"] => same::<(String, u8, bool)>(case),
        ["[u8;", "4]"] => same::<[u8; 4]>(case),
        ["Vec<String>"] => same::<Vec<String>>(case),
        ["Vec<Vec<u8>>"] => same::<Vec<Vec<u8>>>(case),
        ["map", ..] => same::<BTreeMap<String, u8>>(case),
        ["struct", "Meters", ..] => same::<Meters>(case),
        ["struct", "Reading", ..] => same::<Reading>(case),
        ["struct", "Wide", ..] => check(case, &wide(value)),
        ["enum", "Command", ..] => same::<Command>(case),
        ["Route"] => addresses(case),
        ["char"] => return false,
        _ => panic!("a new type: {case}"),
    }
    true
}

fn wide(value: &Value) -> Wide {
    let field = |name: &str| value[name].as_i64().unwrap();
    Wide {
        a: field("a").try_into().unwrap(),
        b: field("b").try_into().unwrap(),
        c: field("c").try_into().unwrap(),
        d: field("d").try_into().unwrap(),
    }
}

#[test]
fn every_body_is_written_as_ockam_0_150_writes_it() {
    let vectors = file("message-bodies.json");
    let cases = list(&vectors, "encoded");
    let checked = cases.iter().filter(|case| check_case(case)).count();
    assert_eq!(checked, cases.len() - 1, "all but `char`, which has another form here");
}

#[test]
fn wide_integers_and_characters_need_care() {
    assert_ne!(encode(&0x1234_u16).unwrap(), encode(&U16(0x1234)).unwrap());
    assert_ne!(encode(&'x').unwrap(), [0x78, 0, 0, 0]);
    let vectors = file("message-bodies.json");
    let cases = list(&vectors, "encoded").iter();
    let different = cases.filter(|case| case["same_as_postcard"] == false);
    let different: Vec<_> =
        different.map(|case| text(case, "type").split(' ').next().unwrap()).collect();
    assert_eq!(different, ["u16", "u32", "u64", "i32", "i64", "u128", "char", "struct"]);
}

#[test]
fn every_whole_message_is_a_neutral_message_or_the_same_type() {
    let vectors = file("message-bodies.json");
    for case in list(&vectors, "messages") {
        match text(case, "type") {
            "Vec<u8> as a message" => check_neutral(case),
            "() as a message" => check(case, &()),
            "String as a message" => same::<String>(case),
            other => panic!("a new type: {other}"),
        }
    }
}

fn check_neutral(case: &Value) {
    let body: Vec<u8> = serde_json::from_value(case["value"].clone()).unwrap();
    let bytes = bytes(&case["hex"]);
    assert_eq!(encode(&NeutralMessage::from(body.clone())).unwrap(), bytes);
    assert_eq!(decode::<NeutralMessage>(&bytes).unwrap().into_vec(), body);
    assert_ne!(encode(&body).unwrap(), bytes, "a plain vector has its length in front");
}

/// Bytes that encoders may not produce: 0.150 reads them, and no rule says that others have to.
const ONLY_0_150: [&str; 3] = ["bool of 2", "bool of 255", "option tag 2"];

#[test]
fn every_odd_body_is_decoded_or_refused() {
    let vectors = file("message-bodies.json");
    for case in list(&vectors["decoding"], "cases") {
        let (bytes, result) = (bytes(&case["hex"]), &case["result"]);
        let decoded = match text(case, "decode_as") {
            "String" => decode::<String>(&bytes).map(Value::from),
            "bool" => decode::<bool>(&bytes).map(Value::from),
            "Option<String>" => decode::<Option<String>>(&bytes).map(Value::from),
            other => panic!("a new type: {other}"),
        };
        match (ONLY_0_150.contains(&text(case, "name")), result) {
            (true, _) | (false, Value::Null) => assert!(decoded.is_err(), "{case}"),
            (false, result) => assert_eq!(decoded.as_ref(), Ok(result), "{case}"),
        }
    }
}
