//! A firmware, built and run in QEMU.
//!
//! Without a compiler for the microcontroller or without QEMU there is nothing to test; the tests say
//! so and pass, unless `OCKAM_NEEDS_QEMU` is set, as in the gate.

use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::{env, fs};
use tokio::io::AsyncReadExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command as AsyncProcess};
use tokio::task::JoinHandle;

/// What `.ci/embedded` exits with when there is no toolchain.
const EXIT_NO_TOOLCHAIN: i32 = 3;

/// Builds the firmware, if that can be done here.
pub fn firmware(name: &str) -> Option<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../.ci/embedded");
    let mut build = Process::new("bash");
    // The settings of this test's own build are not those of the firmware's.
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("CARGO_TARGET_DIR")) {
        build.env_remove(name);
    }
    let output = build
        .args([script, "firmware", name])
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
pub struct Board {
    qemu: Child,
    /// Reads what the firmware prints.
    printed: JoinHandle<String>,
    socket: PathBuf,
}

impl Board {
    /// Starts a firmware. What it prints is kept for [`Board::end`].
    pub async fn start(firmware: &Path, more: &[&str]) -> (Board, UnixStream) {
        let socket = env::temp_dir().join(format!(
            "ockam-{}-{}",
            firmware.file_name().unwrap_or_default().display(),
            std::process::id()
        ));
        let listener = UnixListener::bind(&socket).expect("the socket is free");
        let mut qemu = AsyncProcess::new("qemu-system-arm")
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
            .args(more)
            .arg("-serial")
            .arg(format!("unix:{}", socket.display()))
            .arg("-kernel")
            .arg(firmware)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("there is a qemu-system-arm");
        let mut output = qemu.stdout.take().expect("it was asked for");
        let printed = tokio::spawn(async move {
            let mut printed = String::new();
            let read = output.read_to_string(&mut printed).await;
            read.expect("the board prints text");
            printed
        });
        let (port, _) = listener.accept().await.expect("QEMU connects");
        (
            Board {
                qemu,
                printed,
                socket,
            },
            port,
        )
    }

    /// Waits for a firmware that was told to end, and returns what it printed.
    pub async fn end(mut self) -> String {
        let (success, printed) = self.ended().await;
        assert!(
            success,
            "the board says that something went wrong: {printed}"
        );
        printed
    }

    /// Waits until the firmware ends by itself; tells whether all went well, and what it printed.
    pub async fn ended(&mut self) -> (bool, String) {
        let printed = (&mut self.printed).await.expect("the board prints text");
        let status = self.qemu.wait().await.expect("QEMU was started");
        (status.success(), printed)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.socket);
    }
}
