//! Where random addresses and ids come from.

use crate::support::{Echoer, soon};
use ockam_core::Address;
use ockam_node::{Context, NodeBuilder};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many draws one look at the source is good for is nobody's business; this is enough for
/// several of them.
const DRAWS: usize = 500;

fn counting(seed: u8) -> NodeBuilder {
    let mut next = seed;
    NodeBuilder::new().with_random(move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(17);
            *byte = next;
        }
    })
}

fn draw(ctx: &Context) -> Vec<Address> {
    (0..DRAWS).map(|_| ctx.random_local()).collect()
}

#[tokio::test]
async fn the_same_source_gives_the_same_addresses_and_another_one_gives_others() {
    let drawn = [1, 1, 2].map(|seed| draw(&counting(seed).build().unwrap()));
    assert_eq!(drawn[0], drawn[1]);
    assert_ne!(drawn[0], drawn[2]);
}

#[tokio::test]
async fn a_source_of_the_program_is_the_only_one_that_is_asked() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let builder = NodeBuilder::new().with_random(move |bytes| {
        // Every byte is another one, whatever the pieces.
        for byte in bytes.chunks_mut(8) {
            let number = count.fetch_add(8, Ordering::Relaxed) as u64;
            byte.copy_from_slice(&number.to_le_bytes()[..byte.len()]);
        }
    });
    let ctxs = [builder.clone().build().unwrap(), builder.build().unwrap()];
    for ctx in &ctxs {
        ctx.start_worker("echoer", Echoer).await.unwrap();
        let answer = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        assert_eq!(soon(answer).await.unwrap(), "Hello");
    }
    let mut drawn: Vec<Address> = ctxs.iter().flat_map(draw).collect();
    assert!(asked.load(Ordering::Relaxed) >= drawn.len() * 16);
    // Nodes that share a source never get the same bits.
    drawn.sort_unstable();
    drawn.dedup();
    assert_eq!(drawn.len(), ctxs.len() * DRAWS);
}

#[tokio::test]
async fn a_source_that_panics_ends_nobody_and_the_system_is_asked_instead() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let ctx = NodeBuilder::new()
        .with_random(move |bytes| {
            bytes.fill(7);
            assert_eq!(count.fetch_add(1, Ordering::Relaxed), 0, "the source is broken");
        })
        .build()
        .unwrap();
    ctx.start_worker("echoer", Echoer).await.unwrap();
    let mut drawn = Vec::new();
    while asked.load(Ordering::Relaxed) < 4 {
        drawn.extend(draw(&ctx));
        let answer = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        assert_eq!(soon(answer).await.unwrap(), "Hello");
    }
    // What the source had filled before it panicked is not used.
    let of_source = NodeBuilder::new().with_random(|bytes| bytes.fill(7)).build().unwrap();
    let of_source = of_source.random_local();
    let first = drawn.iter().take_while(|address| **address == of_source).count();
    assert!(first > 0 && drawn[first..].iter().all(|address| *address != of_source));
}
