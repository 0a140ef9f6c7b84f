//! A child process that plays a role: its signals, and the lines that it prints.

use crate::Result;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What a process is sent.
#[derive(Clone, Copy)]
pub(crate) enum Signal {
    Kill,
    Stop,
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Signal::Kill => "-KILL",
            Signal::Stop => "-STOP",
            Signal::Continue => "-CONT",
        }
    }
}

/// A role that is played by another process of this program.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    lines: Receiver<(Instant, String)>,
}

impl Process {
    /// Starts a role, in a network namespace if one is named.
    pub(crate) fn start(
        name: &'static str,
        namespace: Option<&str>,
        args: &[String],
    ) -> Result<Self> {
        let program = std::env::current_exe()?;
        let mut command = match namespace {
            Some(namespace) => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", namespace]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.arg("role").args(args).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or("it has no output")?;
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(std::result::Result::ok) {
                if sender.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Ok(Process { name, child, lines })
    }

    pub(crate) fn signal(&mut self, signal: Signal) -> Result<()> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal.name(), &id]).status()?;
        if !sent.success() {
            return Err(format!("the {} cannot be sent {}", self.name, signal.name()).into());
        }
        if matches!(signal, Signal::Kill) {
            self.child.wait()?;
        }
        Ok(())
    }

    /// Waits for a line that begins with a word and was printed after a moment. Returns when it was.
    pub(crate) fn await_line(
        &self,
        word: &str,
        after: Instant,
        limit: Duration,
    ) -> Result<Instant> {
        let deadline = Instant::now() + limit;
        let mut said = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok((at, line)) if at > after && line.starts_with(word) => return Ok(at),
                Ok((at, line)) if at > after && line != said && !line.starts_with("answered") => {
                    println!("  the {} says: {line}", self.name);
                    said = line;
                }
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("no `{word}` of the {} for {limit:?}", self.name).into());
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(format!("the {} has ended", self.name).into());
                }
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
