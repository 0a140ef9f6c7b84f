//! The first inputs of each target, made from the golden vectors.
//!
//! It owns which of them show a rule of what. It refuses to know what the bytes mean, and keeps no
//! copy of them.

use std::path::Path;
use std::{fs, io};

use crate::vector::{self, field, folder};
use crate::{channel_message, credential, handshake, history};

/// The most bytes of a seed: the vectors with frames of megabytes show limits, which other tests
/// do, and would only slow the fuzzer.
const MAX_SEED_LEN: usize = 4096;

/// Texts that show a rule of the text forms each.
const TEXTS: [&str; 16] = [
    "echoer",
    "0#echoer",
    "1#127.0.0.1:4000",
    "255#",
    "256#x",
    "001#a#b",
    "abc#x",
    "#",
    "0#\\x20a\\xff\\x3d>b\\x5cx41",
    "\\x4",
    "0# a ",
    "h1 => 1#host:4000=>echoer",
    "0#h1 => 0#h2 => 0#h3 => 0#h4 => 0#h5",
    "a => => b",
    "\u{e4}\u{1f600}\n\u{85}",
    "a=>b=",
];

/// Edits of routes that pass from the inline storage to the heap and back.
const EDITS: [&[u8]; 3] = [
    b"\x10\x20\x30\x41\xe1\xf1\x02\x03\x02\x03\x02\x03",
    b"\x00\x10\x20\x26\x37\x48\x09\x0a\x0b\xfc\x05",
    b"\x00\x16\x26\x46\x86\xf7\xf7\xf8\x04\x0d\x00",
];

/// Returns the seeds of a target, which is one of [`TARGETS`](crate::TARGETS).
///
/// # Panics
/// If there is no such target, or if a vector file is not what it was.
#[must_use]
pub fn of(target: &str) -> Vec<Vec<u8>> {
    let mut seeds = match target {
        "frame" => streams(),
        "message" => {
            frames().into_iter().filter_map(|frame| frame.get(4..).map(Vec::from)).collect()
        }
        "address" => [texts(), field("hex", &["tcp-frames.json"])].concat(),
        "route" => [texts(), EDITS.map(Vec::from).to_vec(), bodies()].concat(),
        "body" => bodies(),
        "notice" => notices(),
        "handshake" => handshake::seeds(),
        "channel_message" => channel_message::seeds(),
        "history" => history::seeds(),
        "credential" => credential::seeds(),
        other => panic!("there is no target `{other}`"),
    };
    seeds.extend(findings(target));
    seeds.retain(|seed| seed.len() <= MAX_SEED_LEN);
    seeds.sort();
    seeds.dedup();
    seeds
}

/// Writes the seeds of a target into a folder, a file each.
///
/// # Errors
/// If a file cannot be written.
pub fn write(target: &str, folder: &Path) -> io::Result<usize> {
    fs::create_dir_all(folder)?;
    let seeds = of(target);
    for (number, seed) in seeds.iter().enumerate() {
        fs::write(folder.join(format!("seed-{number:03}")), seed)?;
    }
    Ok(seeds.len())
}

/// Returns streams in pieces: every frame alone, the wrong prefaces, all frames in one, and large
/// frames, of which most is a run.
fn streams() -> Vec<Vec<u8>> {
    let frames = frames();
    let alone = frames.iter().map(|frame| [&[0, 0, 1], &frame[..]].concat());
    let prefaces = field("preface", &["tcp-tolerance.json"]);
    let prefaces = prefaces.iter().map(|preface| [&[2, 0], &preface[..], &frames[0]].concat());
    let small = frames.iter().filter(|frame| frame.len() < 100);
    let all = [&[1][..], &small.flatten().copied().collect::<Vec<_>>()].concat();
    let ways = [0, 2, 4, 6, 8, 12, 14];
    let all = ways.map(|way| [&[way, 3, 1, 7, 15], &all[..]].concat());
    alone.chain(prefaces).chain(all).chain(ways.map(large)).chain([announced()]).collect()
}

/// Makes a stream of a large frame, whose payload is a run of 128 KiB, and a small one.
fn large(way: u8) -> Vec<u8> {
    const RUN: [u8; 4] = [0, 17, 0x5a, 128];
    let stream = b"\x01\0\x02\0\x0c\x83\x81\x82\0\x41a\x80\x5a\0\x02\0\0\0\0\0\x08\x83\x81\x82\0\x41a\x80\x40";
    [&[way | 16, 3, 9, 100, 200], &RUN[..], stream].concat()
}

/// Makes a stream that announces a payload of 15 MiB, of which 70 KiB come.
fn announced() -> Vec<u8> {
    const RUN: [u8; 4] = [0, 17, 0x5a, 70];
    let stream = b"\x01\0\xf0\0\x0c\x83\x81\x82\0\x41a\x80\x5a\0\xf0\0\0";
    [&[16, 3, 9, 100, 200], &RUN[..], stream].concat()
}

fn frames() -> Vec<Vec<u8>> {
    field("frame", &["tcp-frames.json", "tcp-tolerance.json"])
}

fn bodies() -> Vec<Vec<u8>> {
    field("hex", &["message-bodies.json"])
}

fn notices() -> Vec<Vec<u8>> {
    const FILE: &str = "failure-notices.json";
    let vectors = vector::read(FILE);
    // Names that ask for notices stand there as texts, and those that do not as bytes.
    let names = vectors["names"].as_array().into_iter().flatten().flat_map(|case| {
        ["asks_for_notices", "notices"].map(|key| case[key].as_str().unwrap_or_default().into())
    });
    field("payload", &[FILE]).into_iter().chain(field("hex", &[FILE])).chain(names).collect()
}

fn texts() -> Vec<Vec<u8>> {
    TEXTS.iter().map(|text| Vec::from(*text)).collect()
}

/// Returns what once broke a promise, and is kept so that it does not do so again.
fn findings(target: &str) -> Vec<Vec<u8>> {
    let folder = folder().join("fuzz/findings").join(target);
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let read = |entry: io::Result<fs::DirEntry>| fs::read(entry?.path());
    entries.map(|entry| read(entry).expect("a finding can be read")).collect()
}
