//! How often the codec asks for memory, and how much, counted by an allocator of this test's own.
//!
//! One test function, because the counter counts for the whole process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ockam_core::{Decoded, FrameDecoder, TransportMessage, encode_frame, route};

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static ALLOCATED: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to `System` with the arguments that came, and its result is returned as
// it is. The default `realloc` and `alloc_zeroed` call these two.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        ALLOCATED.fetch_add(layout.size() as u64, Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is that of `System`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for `alloc`; `pointer` came from `System`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Returns the number of allocations and their bytes while `work` runs.
fn count<T>(work: impl FnOnce() -> T) -> (T, u64, u64) {
    let before = (ALLOCATIONS.load(Relaxed), ALLOCATED.load(Relaxed));
    let output = work();
    let after = (ALLOCATIONS.load(Relaxed), ALLOCATED.load(Relaxed));
    (output, after.0 - before.0, after.1 - before.1)
}

fn read(decoder: &mut FrameDecoder, frame: &[u8]) -> Option<Decoded> {
    decoder.handle_input(frame);
    decoder.poll_message().ok().flatten()
}

/// Counts the allocations of reading `message` with a decoder that has read before, and checks
/// that writing it into a buffer that was used before needs none.
fn allocations_of(message: &TransportMessage) -> (u64, usize) {
    let mut frame = Vec::new();
    encode_frame(message, &mut frame).expect("it fits");
    let len = frame.len();
    let (_, writing, _) = count(|| {
        frame.clear();
        encode_frame(message, &mut frame)
    });
    assert_eq!(writing, 0, "a buffer that is used again has room");
    let mut decoder = FrameDecoder::without_preface();
    read(&mut decoder, &frame);
    let (decoded, reading, _) = count(|| read(&mut decoder, &frame));
    assert_eq!(decoded.as_ref(), Some(&Decoded::Message(message.clone())));
    (reading, len)
}

#[test]
fn memory_is_asked_for_by_what_arrives() {
    // One allocation for the payload, none for routes and addresses that are stored inline.
    let name = "fde9ae2a0e936d8d1fb99e0f929f2a2c";
    let hello = b"\x05hello".to_vec();
    let one_hop = TransportMessage::new("echoer", name, hello);
    assert_eq!(allocations_of(&one_hop), (1, 4 + 55));
    assert_eq!(allocations_of(&TransportMessage::new("echoer", name, vec![])).0, 0);
    let four = route![name, name, name, name];
    assert_eq!(allocations_of(&TransportMessage::new(&four, &four, vec![7; 60_000])).0, 1);
    let five = route![&four, name];
    assert_eq!(allocations_of(&TransportMessage::new(&five, &four, vec![7])).0, 2);

    // A frame of 16 MiB that never comes, and counts that no frame could hold.
    let ((), _, announced) = count(|| {
        let mut decoder = FrameDecoder::new();
        for byte in [1, 1, 0, 0, 0, 0x9b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff] {
            assert_eq!(read(&mut decoder, &[byte]), None);
        }
    });
    assert!(announced < 100, "{announced} bytes");
    let liars: [&[u8]; 3] = [
        b"\0\0\0\x0a\x83\x9a\x00\xff\xff\xff\x82\x00\x40\x80",
        b"\0\0\0\x08\x83\x80\x80\x5a\x00\xff\xff\xff",
        b"\0\0\0\x0a\x85\x80\x80\x40\xf6\x9a\x00\xff\xff\xff",
    ];
    for liar in liars {
        let ((), _, claimed) = count(|| {
            let mut decoder = FrameDecoder::without_preface();
            decoder.handle_input(liar);
            assert!(decoder.poll_message().is_err());
        });
        assert!(claimed < 100, "{claimed} bytes");
    }
}
