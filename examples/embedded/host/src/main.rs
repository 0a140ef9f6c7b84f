//! Prints the readings of a board and tells it to measure twice a second:
//!
//! ```sh
//! cargo run -p host -- /dev/ttyACM0        # a board
//! cargo run -p host -- /tmp/board.socket   # QEMU with `-serial unix:/tmp/board.socket,server`
//! ```
//!
//! A port has to be set up first, for example with `stty -F /dev/ttyACM0 115200 raw -echo`.

use host::Collector;
use ockam::{node, route, Context, Result};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use std::os::unix::fs::FileTypeExt;
use std::{env, fs};
use tokio::fs::OpenOptions;
use tokio::net::UnixStream;
use workers::{Command, Reading};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("collector", Collector { listener: None })
        .await?;

    let path = env::args()
        .nth(1)
        .unwrap_or_else(|| "/tmp/board.socket".into());
    let options = SerialLinkOptions::new();
    let link = if fs::metadata(&path)?.file_type().is_socket() {
        SerialLink::over(&node, UnixStream::connect(&path).await?, options).await?
    } else {
        let port = OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .await?;
        SerialLink::over(&node, port, options).await?
    };
    node.flow_controls()
        .add_consumer("collector", link.flow_control_id());

    let twice_a_second = Command::MeasureEvery { millis: 500 };
    node.send_and_receive::<()>(route![&link, "control"], twice_a_second)
        .await?;
    let reading = Reading {
        number: 0,
        millidegrees: 20_000,
    };
    let mean: i32 = node
        .send_and_receive(route![&link, "average"], reading)
        .await?;
    println!("the board's average is {mean} m°C");

    println!("{}", link.ended().await);
    node.stop().await
}
