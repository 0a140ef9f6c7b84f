//! One address: from bytes, from text that is taken as it is, and from text that is judged.
//!
//! It owns the promise that what is displayed is parsed as the same address, whatever its bytes,
//! and that all ways into an address agree. It refuses to know routes.

use std::collections::HashSet;

use ockam_core::{Address, LOCAL, MAX_ADDRESS_LEN, decode, encode};

/// Checks the bytes as a transport type with a name, and as a text.
pub fn check(data: &[u8]) {
    if let Some((number, name)) = data.split_first() {
        let address = Address::new((*number).into(), name);
        assert_eq!((address.transport_type().value(), address.as_bytes()), (*number, name));
        assert_eq!(address, Address::from((address.transport_type(), name)));
        check_forms(&address);
    }
    let name = Address::from(data);
    assert_eq!(name, Address::from(data.to_vec()));
    assert_eq!((name.transport_type(), name.as_bytes()), (LOCAL, data));
    if let Ok(text) = str::from_utf8(data) {
        check_text(text);
    }
}

/// Checks that an address comes back from its text and from its encoding.
fn check_forms(address: &Address) {
    let text = address.to_string();
    let within_limits = address.len() <= MAX_ADDRESS_LEN;
    assert!(!text.chars().any(|c| c.is_ascii_control()), "{text:?}");
    assert_eq!(address.is_within_limits(), within_limits);
    assert_eq!(text.parse().ok(), within_limits.then(|| address.clone()), "{text}");
    assert!(address.as_bytes().starts_with(address.address().as_bytes()));
    let encoded = encode(address).expect("an address has no other form");
    assert_eq!(decode(&encoded).ok(), within_limits.then(|| address.clone()));
    assert_eq!(HashSet::from([address.clone(), address.clone()]).len(), 1);
}

/// Checks the conversions of a text, and the parser beside them.
fn check_text(text: &str) {
    let taken = Address::from(text);
    assert_eq!(taken, Address::from(text.to_owned()));
    assert_eq!(taken, Address::from_string(text));
    check_forms(&taken);
    match text.parse::<Address>() {
        Ok(parsed) => {
            if !text.contains("\\x") {
                assert_eq!(parsed, taken, "both take a text without escapes the same way");
            }
            check_forms(&parsed);
        }
        Err(error) => assert!(error.to_string().len() < 700, "{error}"),
    }
}
