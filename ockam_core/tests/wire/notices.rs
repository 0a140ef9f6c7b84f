//! Every case of `failure-notices.json`, and that nodes of Ockam 0.150 are told nothing and read a
//! name that asks for notices as any other.

use super::vectors::{bytes, file, frame_of, hex, list, read_frame, route, text};
use ockam_core::{
    Address, Decoded, FailureNotice, LOCAL, Mismatch, NoticeError, Route, TransportMessage,
};
use serde_json::Value;

const FILE: &str = "failure-notices.json";

/// The meaning of a notice as the vectors write it, in numbers and texts.
fn assert_means(notice: &FailureNotice, decoded: &Value, name: &str) {
    let texts: Vec<_> = list(decoded, "texts").iter().map(|text| text.as_str().unwrap()).collect();
    assert_eq!(notice.texts, texts, "{name}");
    let mismatch = decoded["mismatch"].as_object().map(|_| {
        let expected = text(&decoded["mismatch"], "expected").to_string();
        let number = |key: &str| decoded["mismatch"][key].as_u64();
        Mismatch { expected, len: number("len").unwrap(), left_over: number("left_over") }
    });
    assert_eq!(notice.mismatch, mismatch, "{name}");
    // The numbers, which the types do not show, are those that are written.
    let numbers = FailureNotice::new(notice.reason, notice.kind).encode();
    let shortest = |key: &str| match decoded[key].as_u64().unwrap() as u8 {
        number @ 0..24 => vec![number],
        number => vec![0x18, number],
    };
    let head = bytes(&file(FILE)["head"]);
    let fields = [head, vec![0x83], shortest("reason"), shortest("kind"), vec![0x80]].concat();
    assert_eq!(numbers, fields, "{name}");
}

#[test]
fn every_notice_is_read_and_written_again() {
    let vectors = file(FILE);
    let notices = list(&vectors, "notices");
    for case in notices {
        let (name, payload) = (text(case, "name"), bytes(&case["payload"]));
        let read =
            FailureNotice::decode(&payload).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_means(&read, &case["decoded"], name);
        assert_eq!(read.encode(), payload, "{name}");
    }
    let numbers = |key| notices.iter().map(move |case| case["decoded"][key].as_u64().unwrap());
    assert!((0..=9).all(|reason| numbers("reason").any(|found| found == reason)));
    assert!((0..12).all(|kind| numbers("kind").any(|found| found == kind)));
}

#[test]
fn every_spelling_is_read_as_what_it_means() {
    for case in list(&file(FILE), "spellings") {
        let name = text(case, "name");
        let read = FailureNotice::decode(&bytes(&case["payload"]));
        let read = read.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_means(&read, &case["decoded"], name);
        assert_ne!(read.encode(), bytes(&case["payload"]), "{name} is how it is written");
        assert_eq!(FailureNotice::decode(&read.encode()), Ok(read), "{name}");
    }
}

#[test]
fn what_is_no_notice_is_refused_for_the_reason_of_the_vectors() {
    for case in list(&file(FILE), "refused") {
        let refused = FailureNotice::decode(&bytes(&case["payload"])).unwrap_err();
        let error = match refused {
            NoticeError::NoNotice => "no notice",
            NoticeError::TooLong { .. } => "over a limit",
            NoticeError::Cbor(_) => "damaged",
            _ => "of another kind",
        };
        assert_eq!(error, text(case, "error"), "{}: {refused}", text(case, "name"));
    }
}

#[test]
fn every_name_is_drawn_as_in_the_vectors_and_others_ask_for_nothing() {
    let vectors = file(FILE);
    for case in list(&vectors, "names") {
        let random = hex(text(case, "random")).try_into().unwrap();
        let name = |key| Address::from(text(case, key));
        assert_eq!(Address::from_random(LOCAL, random), name("without_notices"));
        assert_eq!(Address::from_random_asker(random), name("asks_for_notices"));
        assert!(name("asks_for_notices").may_be_told());
        assert_eq!(name("asks_for_notices").notice_address(), Some(name("notices")));
        assert_eq!(name("notices").asker_of_notice(), Some(name("asks_for_notices")));
        for silent in ["without_notices", "notices"] {
            assert_eq!(name(silent).notice_address(), None);
        }
    }
    assert_eq!(list(&vectors, "names").len(), 16);
    for case in list(&vectors, "other_names") {
        let name = Address::new(LOCAL, bytes(&case["hex"]));
        assert_eq!((name.notice_address(), name.asker_of_notice()), (None, None), "{name}");
    }
}

fn message(case: &Value) -> TransportMessage {
    let decoded = &case["decoded"];
    let [onward_route, return_route] =
        ["onward_route", "return_route"].map(|key| route(&decoded[key]));
    let message =
        TransportMessage { onward_route, return_route, payload: bytes(&decoded["payload"]).into() };
    assert_eq!(frame_of(&message), bytes(&case["frame"]));
    assert_eq!(read_frame(&bytes(&case["frame"])), Ok(Decoded::Message(message.clone())));
    message
}

/// Where a notice for the sender of a message goes: along its return route.
fn way_of_notice(return_route: &Route) -> Option<Route> {
    let mut way = return_route.clone();
    let notices = way.pop_back()?.notice_address()?;
    way.push_back(notices);
    Some(way)
}

#[test]
fn every_exchange_is_read_and_written_and_a_notice_goes_along_the_return_route() {
    let vectors = file(FILE);
    let mut told = 0;
    for case in list(&vectors, "exchanges") {
        let (name, ask) = (text(case, "name"), message(&case["ask"]));
        let way = way_of_notice(&ask.return_route);
        assert_eq!(way.is_some(), case["notice"].is_object(), "{name}");
        if let Some(way) = way {
            told += 1;
            let notice = message(&case["notice"]);
            assert_eq!(notice.onward_route, way, "{name}");
            assert_eq!(notice.return_route, ask.onward_route, "{name}");
            assert!(FailureNotice::decode(notice.payload.to_bytes().unwrap()).is_ok(), "{name}");
        }
    }
    assert_eq!((told, list(&vectors, "exchanges").len()), (5, 7));
}

/// Calls a function for every frame of Ockam 0.150 that the vectors have.
fn of_0_150(mut found: impl FnMut(&str, TransportMessage)) {
    for (file_name, lists) in [
        ("tcp-frames.json", &["frames"][..]),
        ("tcp-tolerance.json", &["frames"]),
        ("relay.json", &["ephemeral", "static_and_replaced", "service_with_prefix_forward_to_"]),
        ("secure-channel-through-middle.json", &["near", "far"]),
    ] {
        let vectors = file(file_name);
        // A step of a relay that is no message has no frame.
        let cases = lists.iter().flat_map(|key| list(&vectors, key));
        for case in cases.filter(|case| !case["frame"].is_null()) {
            if let Ok(Decoded::Message(message)) = read_frame(&bytes(&case["frame"])) {
                found(file_name, message);
            }
        }
    }
}

#[test]
fn no_name_that_ockam_0_150_has_written_asks_for_notices() {
    let (mut messages, mut random) = (0, 0);
    of_0_150(|file_name, TransportMessage { onward_route, return_route, .. }| {
        messages += 1;
        assert_eq!(way_of_notice(&return_route), None, "{file_name}: {return_route}");
        for hop in onward_route.iter().chain(&return_route) {
            assert_eq!((hop.notice_address(), hop.asker_of_notice()), (None, None), "{hop}");
            random += usize::from(hop.is_random_name());
        }
    });
    assert!(messages > 60 && random > 20, "{messages} messages, {random} random names");
}

#[test]
fn an_ask_with_the_mark_is_for_ockam_0_150_an_ask_from_another_name() {
    let vectors = file("tcp-frames.json");
    let cases = list(&vectors, "frames").iter();
    let mut answered = cases.filter(|case| text(case, "name") == "reply to a random address");
    // What 0.150 answers along the return route of an ask: the name as it came, byte by byte.
    let answer = match read_frame(&bytes(&answered.next().unwrap()["frame"])) {
        Ok(Decoded::Message(answer)) => answer,
        other => panic!("{other:?}"),
    };
    let plain = answer.onward_route.last().unwrap().clone();
    let digits = hex(std::str::from_utf8(plain.as_bytes()).unwrap());
    let marked = Address::from_random_asker(digits.try_into().unwrap());
    let ask = |name: &Address| {
        frame_of(&TransportMessage::new("echoer", name.clone(), answer.payload.clone()))
    };
    let (plain, marked) = (ask(&plain), ask(&marked));
    // The same length, and one byte that differs: a letter of ASCII in a name, which 0.150 hands on
    // whatever it is.
    let differ = plain.iter().zip(&marked).filter(|(a, b)| a != b).collect::<Vec<_>>();
    assert_eq!((plain.len(), differ), (marked.len(), vec![(&b'f', &b'v')]));
    let stranger = list(&vectors, "frames").iter().filter(|case| {
        let name = text(case, "name");
        name == "address that is not UTF-8" || name == "address with a separator in it"
    });
    let handed_on = stranger.map(|case| text(case, "read_back")).collect::<Vec<_>>();
    assert_eq!(handed_on, ["delivered"; 2]);
}
