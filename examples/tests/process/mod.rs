//! An example that runs as a process, is read from line by line, and is killed if a test gives up.
// Without signals nobody reads line by line.
#![cfg_attr(not(unix), allow(dead_code))]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How long an example may take. It is only there so that one that hangs fails.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A running example. It is killed when the test that started it gives up.
pub struct Process {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
    deadline: Instant,
}

/// What an example left behind. The text is what had not been read before.
pub struct Ended {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Process {
    pub fn start(name: &str, log: Option<&str>) -> Self {
        let mut command = Command::new(binary(name));
        // The output must not depend on the environment in which the tests run.
        command.env_remove("OCKAM_LOG").env_remove("RUST_BACKTRACE");
        command.envs(log.map(|log| ("OCKAM_LOG", log)));
        Process::run(command)
    }

    /// Starts an example into which the test types.
    pub fn start_with_input(name: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(binary(name));
        command.env_remove("OCKAM_LOG").env_remove("RUST_BACKTRACE");
        command.args(arguments).stdin(Stdio::piped());
        Process::spawn(command)
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Says that nothing more will be typed.
    pub fn end_of_input(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Runs any program.
    pub fn run(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Process::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| {
            panic!("{command:?}: {error}; `cargo test -p hello_ockam --features file-store` builds the examples first")
        });
        Process {
            stdout: lines(child.stdout.take().unwrap()),
            stderr: lines(child.stderr.take().unwrap()),
            child,
            deadline: Instant::now() + LIMIT,
        }
    }

    /// Waits for a line on standard output, and skips those before it.
    pub fn wait_for(&self, line: &str) {
        let mut seen = String::new();
        while let Some(next) = self.next_line() {
            if next.trim_end() == line {
                return;
            }
            seen.push_str(&next);
        }
        panic!("the example ended and did not print `{line}`, but:\n{seen}");
    }

    fn next(&self, stream: &Receiver<String>) -> Option<String> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        match stream.recv_timeout(left) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the example did not end in {LIMIT:?}"),
        }
    }

    /// Sends a signal, such as `INT`.
    #[cfg(unix)]
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success(), "kill -s {name} {id}");
    }

    /// Returns the next line of standard output, or `None` when the process has closed it.
    pub fn next_line(&self) -> Option<String> {
        self.next(&self.stdout)
    }

    /// Waits for the next line on standard error.
    pub fn next_line_of_log(&self) -> String {
        self.next(&self.stderr)
            .expect("the example ended and logged nothing more")
    }

    /// Waits for the end of the process.
    pub fn end(mut self) -> Ended {
        let stdout = std::iter::from_fn(|| self.next(&self.stdout)).collect();
        let stderr = std::iter::from_fn(|| self.next(&self.stderr)).collect();
        // Both streams are closed, so this does not take long.
        let status = self.child.wait().unwrap();
        Ended {
            status,
            stdout,
            stderr,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if the process has ended, which is fine.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Finds an example's program: this test is `target/<profile>/deps/examples-<hash>`, the programs
/// are in `target/<profile>/examples`.
fn binary(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(Path::parent).unwrap();
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    profile.join("examples").join(file)
}

/// Reads a stream in a thread, because a process that nobody reads from waits when a pipe is full.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stream);
        loop {
            let mut line = String::new();
            match reader.read_line(&mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) if sender.send(line).is_err() => return,
                Ok(_) => {}
            }
        }
    });
    receiver
}
