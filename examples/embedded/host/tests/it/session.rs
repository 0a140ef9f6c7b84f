//! A session between a node on this computer and one on a microcontroller, over its serial port.

use crate::board::{firmware, Board};
use host::Collector;
use ockam::{route, Context, Error, ErrorKind, MessageSendReceiveOptions, NodeBuilder, Result};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc::{channel, Receiver};
use tokio::time::timeout;
use workers::{Average, Command, Reading};

/// How long the whole session may take on a machine that is very busy.
const LONGEST: Duration = Duration::from_secs(240);

/// How long one answer may take before the question is asked again.
const PATIENCE: Duration = Duration::from_secs(2);

const MESSAGES: usize = 1000;

/// Asks until there is an answer: a board that starts does not hear what is said to it.
async fn ask_patiently(ctx: &Context, link: &SerialLink, body: &str) -> Result<String> {
    loop {
        let options = MessageSendReceiveOptions::new().with_timeout(PATIENCE);
        let route = route![link, "echoer"];
        match ctx
            .send_and_receive_extended::<String>(route, body.to_string(), options)
            .await
        {
            Ok(answer) => return Ok(answer.body()),
            Err(error) if error.kind() == ErrorKind::TimedOut => {}
            Err(error) => return Err(error),
        }
    }
}

async fn echo(ctx: &Context, link: &SerialLink, count: usize) -> Result<()> {
    for number in 0..count {
        // Of all lengths that fit, and with zeros, which are special on the line.
        let body = format!("{number}\0{}", "x".repeat(number % 300));
        let route = route![link, "echoer"];
        let answer: String = ctx.send_and_receive(route, body.clone()).await?;
        assert_eq!(answer, body);
    }
    Ok(())
}

/// Waits for a reading that a board sent soon after it was started.
async fn early_reading(readings: &mut Receiver<Reading>) -> Reading {
    loop {
        let reading = readings.recv().await.expect("the collector lives");
        if reading.number < 10 {
            return reading;
        }
    }
}

async fn session(firmware: PathBuf) -> Result<()> {
    let (board, port) = Board::start(&firmware, &[]).await;
    let mut ctx = NodeBuilder::new().build()?;
    let (listener, mut readings) = channel(1000);
    ctx.start_worker(
        "collector",
        Collector {
            listener: Some(listener),
        },
    )
    .await?;
    let link = SerialLink::over(&ctx, port, SerialLinkOptions::new()).await?;
    ctx.flow_controls()
        .add_consumer("collector", link.flow_control_id());

    ask_patiently(&ctx, &link, "are you there?").await?;
    echo(&ctx, &link, MESSAGES).await?;
    early_reading(&mut readings).await;

    // Commands are done, and the worker that runs on both sides says the same on both.
    let often = Command::MeasureEvery { millis: 10 };
    ctx.send_and_receive::<()>(route![&link, "control"], often)
        .await?;
    ctx.start_worker("average", Average::default()).await?;
    for reading in [10, 20, -60].map(|millidegrees| Reading {
        number: 0,
        millidegrees,
    }) {
        let here: i32 = ctx.send_and_receive("average", reading.clone()).await?;
        let there: i32 = ctx
            .send_and_receive(route![&link, "average"], reading)
            .await?;
        assert_eq!(here, there);
    }

    // The board is reset while it sends readings, in the middle of one perhaps.
    ctx.send(route![&link, "control"], Command::Reset).await?;
    while readings.try_recv().is_ok() {}
    ask_patiently(&ctx, &link, "are you there again?").await?;
    assert_eq!(early_reading(&mut readings).await.millidegrees / 1000, 15);
    echo(&ctx, &link, MESSAGES / 10).await?;

    let statistics = link.statistics();
    println!("{statistics:?}");
    assert!(statistics.received > MESSAGES && statistics.undecodable == 0);

    ctx.send(route![&link, "control"], Command::Off).await?;
    board.end().await;
    assert_eq!(link.ended().await, "the serial line has ended");
    ctx.stop().await
}

#[test]
fn a_node_here_and_one_on_a_board_talk_over_its_serial_port() -> Result<(), Error> {
    let Some(firmware) = firmware("sensor") else {
        return Ok(());
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async { timeout(LONGEST, session(firmware)).await.expect("it hangs") })
}
