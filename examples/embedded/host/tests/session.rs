//! A session between a node on this computer and one on a microcontroller, over its serial port.
//!
//! Without a compiler for the microcontroller or without QEMU there is nothing to test; the test says
//! so and passes, unless `OCKAM_NEEDS_QEMU` is set, as in the gate.

use host::Collector;
use ockam::{route, Context, Error, ErrorKind, MessageSendReceiveOptions, NodeBuilder, Result};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::time::Duration;
use std::{env, fs};
use tokio::net::UnixListener;
use tokio::process::{Child, Command as AsyncProcess};
use tokio::sync::mpsc::{channel, Receiver};
use tokio::time::timeout;
use workers::{Average, Command, Reading};

/// How long the whole session may take on a machine that is very busy.
const LONGEST: Duration = Duration::from_secs(240);

/// How long one answer may take before the question is asked again.
const PATIENCE: Duration = Duration::from_secs(2);

const MESSAGES: usize = 1000;

/// What `.ci/embedded` exits with when there is no toolchain.
const EXIT_NO_TOOLCHAIN: i32 = 3;

/// Builds the firmware, if that can be done here.
fn firmware() -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.ci/embedded");
    let mut build = Process::new("bash");
    // The settings of this test's own build are not those of the firmware's.
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_TARGET_DIR")) {
        build.env_remove(name);
    }
    let output = build
        .args([script, "firmware", "sensor"])
        .output()
        .expect("there is a bash");
    if output.status.code() == Some(EXIT_NO_TOOLCHAIN) && env::var("OCKAM_NEEDS_QEMU").is_err() {
        println!(
            "skipped: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        return None;
    }
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(PathBuf::from(
        String::from_utf8_lossy(&output.stdout).trim(),
    ))
}

/// A board in QEMU, whose serial port is the other end of a socket.
struct Board {
    qemu: Child,
    socket: PathBuf,
}

impl Board {
    async fn start(firmware: &PathBuf) -> (Board, tokio::net::UnixStream) {
        let socket = env::temp_dir().join(format!("ockam-session-{}", std::process::id()));
        let listener = UnixListener::bind(&socket).expect("the socket is free");
        let qemu = AsyncProcess::new("qemu-system-arm")
            .args([
                "-cpu",
                "cortex-m3",
                "-machine",
                "lm3s6965evb",
                "-display",
                "none",
            ])
            .args([
                "-monitor",
                "none",
                "-semihosting-config",
                "enable=on,target=native",
            ])
            .arg("-serial")
            .arg(format!("unix:{}", socket.display()))
            .arg("-kernel")
            .arg(firmware)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("there is a qemu-system-arm");
        let (port, _) = listener.accept().await.expect("QEMU connects");
        (Board { qemu, socket }, port)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}

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
    let (mut board, port) = Board::start(&firmware).await;
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
    let status = board.qemu.wait().await?;
    assert!(
        status.success(),
        "the board says that something went wrong: {status}"
    );
    assert_eq!(link.ended().await, "the serial line has ended");
    ctx.stop().await
}

#[test]
fn a_node_here_and_one_on_a_board_talk_over_its_serial_port() -> Result<(), Error> {
    let Some(firmware) = firmware() else {
        return Ok(());
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async { timeout(LONGEST, session(firmware)).await.expect("it hangs") })
}
