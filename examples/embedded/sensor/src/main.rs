//! A board that measures every second, sends what it measured to the computer at its serial port,
//! and takes commands from there.
//!
//! ```text
//!   board                                                        computer
//!   thermometer ──> link ~~~~~~~~~~~~~~ serial port ~~~~~~~~~~~> collector
//!   control, echoer, average <───────── the other way ────────── anybody
//! ```
#![no_std]
#![no_main]

extern crate alloc;

mod control;
mod pump;
mod thermometer;

use alloc::sync::Arc;
use board::println;
use control::Control;
use core::sync::atomic::AtomicU32;
use embassy_executor::Spawner;
use ockam::{node, route, NodeBuilder, Result};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use thermometer::Thermometer;
use workers::Average;

mod echoer {
    // A server has these two without asking. What the worker prints would slow it down here.
    use alloc::string::String;
    macro_rules! println {
        ($($text:tt)*) => { crate::leave(format_args!($($text)*)) };
    }

    include!("../../../src/echoer.rs");
}

/// Prints nothing.
fn leave(_: core::fmt::Arguments<'_>) {}

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
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
    let interval_ms = Arc::new(AtomicU32::new(1000));
    node.start_worker("control", Control::new(Arc::clone(&interval_ms)))
        .await?;
    node.start_worker("echoer", echoer::Echoer).await?;
    node.start_worker("average", Average::default()).await?;

    let (link, serial) = SerialLink::start(&node, SerialLinkOptions::new()).await?;
    for consumer in ["control", "echoer", "average"] {
        node.flow_controls()
            .add_consumer(consumer, link.flow_control_id());
    }
    pump::start(spawner, serial);

    let thermometer = Thermometer::new(route![&link, "collector"], interval_ms);
    node.start_processor("thermometer", thermometer).await?;
    node.stopped().await;
    Ok(())
}
