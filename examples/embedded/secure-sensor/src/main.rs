//! A board that sends its readings through a secure channel, over a relay that it does not trust.
//!
//! ```text
//!   board                          relay                       computer
//!   thermometer ──> link ~ serial ~> uplink ~~~ TCP ~~~> channels ──> collector
//!                └────────────── secure channel ──────────────┘
//! ```
//!
//! The relay passes bytes on. It has no key, cannot read what it passes on and cannot change it
//! unseen; commands come from the collector alone.
#![no_std]
#![no_main]

extern crate alloc;

#[path = "../../sensor/src/control.rs"]
mod control;
#[path = "../../sensor/src/pump.rs"]
mod pump;
#[path = "../../sensor/src/thermometer.rs"]
mod thermometer;

use alloc::boxed::Box;
use alloc::sync::Arc;
use board::println;
use control::Control;
use core::future::{poll_fn, Future};
use core::pin::{pin, Pin};
use core::sync::atomic::AtomicU32;
use core::time::Duration;
use embassy_executor::Spawner;
use ockam::access_control::AllowAll;
use ockam::{node, route, Context, ErrorKind, Mailbox, NodeBuilder, Result, WorkerBuilder};
use ockam_identity::vault::SoftwareVault;
use ockam_identity::{
    Identities, IdentityIdAccessControl, SecureChannel, SecureChannelOptions, TrustIdentifierPolicy,
};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use provisioning::{identity_of, BOARD, COLLECTOR};
use thermometer::Thermometer;

/// The secret key of this board, of the test. A real one makes its own where it is produced, and
/// keeps it where nobody reads it.
const KEY: [u8; 32] = [0xb0; 32];

/// How much of the RAM is heap: 20 KiB with the channel up, the rest for the handshake. It leaves
/// 24 KiB of stack, for arithmetic on curves.
const HEAP: usize = 33 * 1024;

/// How long a handshake may take before it is begun again: a serial line loses bytes.
const PATIENCE: Duration = Duration::from_secs(20);

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start_with_heap(HEAP);
    board::run(|spawner| spawner.spawn(app(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn app(spawner: Spawner) {
    if let Err(error) = measure(spawner).await {
        println!("{error:?}");
    }
    board::exit(false)
}

async fn measure(spawner: Spawner) -> Result<()> {
    let builder = NodeBuilder::new()
        .with_spawner(spawner.make_send())
        .with_random(board::random);
    let node = node(builder.build()?);
    let (link, serial) = SerialLink::start(&node, SerialLinkOptions::new()).await?;
    pump::start(spawner, serial);

    // On the heap, which has the memory back when it is done: it is the largest of all futures here.
    let channel = Box::pin(connect(&node, &link)).await?;
    println!("heap in use: {} bytes", board::heap_used());

    let interval_ms = Arc::new(AtomicU32::new(1000));
    let collector = IdentityIdAccessControl::new_with_id(COLLECTOR.into());
    WorkerBuilder::new(Control::new(Arc::clone(&interval_ms)))
        .with_mailboxes(Mailbox::new("control", collector, AllowAll))
        .start(&node)
        .await?;
    node.flow_controls()
        .add_consumer("control", channel.flow_control_id());
    let thermometer = Thermometer::new(route![channel.address(), "collector"], interval_ms);
    node.start_processor("thermometer", thermometer).await?;
    node.stopped().await;
    Ok(())
}

/// Makes the channel to the collector, which has to prove that it is the one that is known.
async fn connect(ctx: &Context, link: &SerialLink) -> Result<SecureChannel> {
    let identities = Identities::new(SoftwareVault::new(), board::unix_time);
    let own = identity_of(&identities, KEY).await?;
    assert!(own == BOARD.into(), "this is not the key of this board");
    loop {
        let options = SecureChannelOptions::new()
            .with_trust_policy(TrustIdentifierPolicy::new(COLLECTOR.into()))
            .with_timeout(PATIENCE);
        let route = route![link, "uplink", "channels"];
        // Pinned where it is: moved, such a large future is copied, and each copy is stack.
        let handshake = pin!(identities.create_secure_channel(ctx, &own, route, options));
        match counted(handshake).await {
            (Ok(channel), instructions) => {
                println!("handshake: {instructions} instructions");
                return Ok(channel);
            }
            (Err(error), _) if error.kind() == ErrorKind::TimedOut => {}
            (Err(error), _) => return Err(error),
        }
    }
}

/// Counts the instructions that a future takes, without those of others while it waits.
async fn counted<F: Future>(mut future: Pin<&mut F>) -> (F::Output, u64) {
    let mut count = 0;
    let output = poll_fn(|cx| {
        let before = board::instructions();
        let polled = future.as_mut().poll(cx);
        count += board::instructions() - before;
        polled
    });
    (output.await, count)
}
