//! What carries bytes between the link and the serial port. It is no part of the node: it lives
//! where the driver of the port does.

use board::{println, UartReader, UartWriter};
use embassy_executor::Spawner;
use ockam_transport_serial::SerialPump;

/// Starts it, once.
pub fn start(spawner: Spawner, pump: SerialPump) {
    let (reader, writer) = board::uart();
    spawner.spawn(run(pump, reader, writer).expect("it is spawned once"));
}

#[embassy_executor::task]
async fn run(pump: SerialPump, reader: UartReader, writer: UartWriter) {
    if let Err(error) = pump.run(reader, writer).await {
        println!("{error:?}");
    }
}
