use super::*;
use alloc::format;
use alloc::string::ToString;
use alloc::vec;

fn notice(reason: FailureReason, kind: ErrorKind, texts: &[&str]) -> FailureNotice {
    let texts = texts.iter().map(|text| text.to_string()).collect();
    FailureNotice { reason, kind, texts, mismatch: None }
}

fn payload(rest: &[u8]) -> Vec<u8> {
    [&HEAD[..], rest].concat()
}

#[test]
fn the_bytes_are_those_of_the_protocol() {
    let failed = notice(FailureReason::Failed, ErrorKind::Failed, &[]);
    assert_eq!(failed.encode(), payload(&[0x83, 0, 8, 0x80]));
    let text = notice(FailureReason::Panicked, ErrorKind::Panicked, &["no"]);
    assert_eq!(text.encode(), payload(&[0x83, 1, 9, 0x81, 0x62, b'n', b'o']));
    let mismatch = Some(Mismatch { expected: "u32".into(), len: 6, left_over: Some(5) });
    let undecodable = FailureNotice {
        mismatch,
        ..FailureNotice::new(FailureReason::Undecodable, ErrorKind::Encoding)
    };
    let bytes = [0x84, 5, 3, 0x80, 0x83, 0x63, b'u', b'3', b'2', 6, 5];
    assert_eq!(undecodable.encode(), payload(&bytes));
    for known in [failed, text, undecodable] {
        assert_eq!(FailureNotice::decode(&known.encode()), Ok(known));
    }
}

#[test]
fn every_reason_and_kind_is_read_as_it_was_written_and_others_are_shown() {
    for number in 0..=u8::MAX {
        assert_eq!(FailureReason::from_number(number).number(), number);
        let bytes = payload(&[0x83, 0x18, number, 0x18, number, 0x80]);
        let read = FailureNotice::decode(&bytes).unwrap();
        assert_eq!(read.reason == FailureReason::Other(number), number > 8);
        assert_eq!(fields::kind_number(read.kind), if number > 11 { 8 } else { number });
    }
}

#[test]
fn elements_of_later_versions_are_skipped() {
    let bytes = payload(&[0x9f, 0, 8, 0x80, 0x84, 0x61, b'x', 1, 2, 3, 0x61, b'y', 0xff]);
    let read = FailureNotice::decode(&bytes).unwrap();
    let mismatch = Mismatch { expected: "x".into(), len: 1, left_over: Some(2) };
    assert_eq!(read.mismatch, Some(mismatch));
}

#[test]
fn what_is_written_is_cut_to_the_limits_at_a_character() {
    let long = "ä".repeat(MAX_NOTICE_TEXT_LEN);
    let texts = vec!["first".to_string(), long, "left out".to_string()];
    let mismatch = Some(Mismatch { expected: "T".repeat(500), len: u64::MAX, left_over: None });
    let written = FailureNotice {
        texts,
        mismatch,
        ..FailureNotice::new(FailureReason::Failed, ErrorKind::Failed)
    };
    let bytes = written.encode();
    assert!(bytes.len() <= MAX_NOTICE_LEN, "{}", bytes.len());
    let read = FailureNotice::decode(&bytes).unwrap();
    assert_eq!(read.texts[0], "first");
    assert!(read.texts[1].ends_with("ä…") && read.texts.len() == 2, "{:?}", read.texts);
    assert!(read.mismatch.unwrap().expected.ends_with("T…"));

    let many = vec!["".to_string(); 20];
    let written = FailureNotice { texts: many, ..written };
    assert_eq!(FailureNotice::decode(&written.encode()).unwrap().texts.len(), MAX_NOTICE_TEXTS);
}

#[test]
fn what_is_no_notice_or_over_a_limit_is_refused() {
    let refused = |bytes: &[u8]| FailureNotice::decode(bytes).unwrap_err();
    assert_eq!(refused(&[]), NoticeError::NoNotice);
    assert_eq!(refused(&[0x83, 0, 8, 0x80]), NoticeError::NoNotice);
    let too_long = vec![0xff; MAX_NOTICE_LEN + 1];
    assert!(refused(&too_long).to_string().contains("1024"), "{}", refused(&too_long));

    let texts =
        |count: u8| payload(&[&[0x83, 0, 8, 0x80 + count][..], &vec![0x60; count.into()]].concat());
    assert!(FailureNotice::decode(&texts(8)).is_ok());
    assert_eq!(refused(&texts(9)).to_string(), "the texts may have 8 at most, and there are 9");
    let text = |len: u16| {
        let head = [0x83, 0, 8, 0x81, 0x79, (len >> 8) as u8, len as u8];
        payload(&[&head[..], &vec![b'x'; len.into()]].concat())
    };
    assert!(FailureNotice::decode(&text(512)).is_ok());
    assert_eq!(
        refused(&text(513)).to_string(),
        "the texts may have 512 at most, and there are 513"
    );

    let whole = payload(&[0x84, 5, 3, 0x81, 0x61, b'x', 0x83, 0x61, b'u', 6, 5]);
    assert!(FailureNotice::decode(&whole).is_ok());
    for end in 0..whole.len() {
        assert!(FailureNotice::decode(&whole[..end]).is_err(), "{end}");
    }
    assert!(FailureNotice::decode(&payload(&[0x83, 0, 8, 0x81, 0x61, 0xff])).is_err());
    assert!(FailureNotice::decode(&payload(&[0xa0])).is_err());
}

#[test]
fn control_characters_of_a_peer_reach_no_terminal() {
    let bytes = payload(&[0x83, 0, 8, 0x81, 0x65, 0x1b, b'[', b'm', b'\n', b'x']);
    let read = FailureNotice::decode(&bytes).unwrap();
    assert_eq!(format!("{}", read.texts[0]), "\\u{1b}[m\\nx");
}
