//! Notices of failures, and the names that ask for them.
//!
//! It owns the promises that what is read is within the limits, shows nothing that changes a terminal,
//! and comes back from what is written of it. It refuses to know who is told.

use ockam_core::{
    Address, FailureNotice, LOCAL, MAX_NOTICE_LEN, MAX_NOTICE_TEXT_LEN, MAX_NOTICE_TEXTS,
    MAX_NOTICE_TYPE_LEN,
};

/// Escaped, a character has at most ten for each of its bytes.
const ESCAPED: usize = 10;

/// Checks the bytes as a notice, as what may stand behind the head of one, and as a name.
pub fn check(data: &[u8]) {
    check_notice(data);
    let head = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    check_notice(&[&head, data].concat());
    check_name(data);
}

fn check_notice(data: &[u8]) {
    let notice = match FailureNotice::decode(data) {
        Ok(notice) => notice,
        Err(error) => return assert!(error.to_string().len() < 300, "{error}"),
    };
    assert!(data.len() <= MAX_NOTICE_LEN);
    assert!(notice.texts.len() <= MAX_NOTICE_TEXTS);
    let len: usize = notice.texts.iter().map(String::len).sum();
    assert!(len <= MAX_NOTICE_TEXT_LEN * ESCAPED, "{len}");
    let expected = notice.mismatch.as_ref().map(|mismatch| &mismatch.expected);
    assert!(expected.is_none_or(|name| name.len() <= MAX_NOTICE_TYPE_LEN * ESCAPED));
    for text in notice.texts.iter().chain(expected) {
        assert!(!text.contains(char::is_control), "{text:?}");
    }
    let written = notice.encode();
    assert!(written.len() <= MAX_NOTICE_LEN);
    let again = FailureNotice::decode(&written).expect("what is written is read");
    assert_eq!((again.reason, again.kind), (notice.reason, notice.kind));
    // Escapes make a text longer, and a longer one is cut.
    if len <= MAX_NOTICE_TEXT_LEN && expected.is_none_or(|name| name.len() <= MAX_NOTICE_TYPE_LEN) {
        assert_eq!(again, notice);
    }
}

fn check_name(data: &[u8]) {
    let name = Address::new(LOCAL, data);
    if let Some(notices) = name.notice_address() {
        assert!(name.may_be_told() && name.is_random_name());
        assert_eq!(notices.asker_of_notice().as_ref(), Some(&name));
        assert_eq!(notices.notice_address(), None);
    }
    if let Some(asker) = name.asker_of_notice() {
        assert_eq!(asker.notice_address(), Some(name));
    }
}
