//! Network namespaces, and processes in them.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The variable that tells a process which part it plays.
pub(crate) const PART: &str = "OCKAM_NAMESPACES_PART";

/// How long a test waits for what has to happen. Without the limits of the options it takes minutes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// Two addresses of one name.
const HOSTS: &str = "127.0.0.2 twohost\\n127.0.0.3 twohost\\n";

/// Tells whether this machine has namespaces for this user, and prints it if not.
pub(crate) fn available() -> bool {
    let name = name();
    let made = Command::new("ip").args(["netns", "add", &name]).output();
    let available = made.is_ok_and(|made| made.status.success());
    if available {
        drop(Namespace(name));
    } else {
        println!("skipped: it needs root and network namespaces (ip netns add)");
    }
    available
}

fn name() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("ockam-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A namespace, which is removed when it is dropped.
pub(crate) struct Namespace(String);

impl Namespace {
    /// Makes one, whose loopback interface is up.
    pub(crate) fn new() -> Self {
        let name = name();
        let made = Command::new("ip").args(["netns", "add", &name]).status().unwrap();
        assert!(made.success());
        let namespace = Namespace(name);
        namespace.run("ip link set lo up");
        namespace
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// Runs a line of shell in it.
    pub(crate) fn run(&self, line: &str) {
        let status = self.shell(line).status().unwrap();
        assert!(status.success(), "{line}");
    }

    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, "sh", "-c", line]);
        command
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).status();
    }
}

/// A process in a namespace, which is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    part: &'static str,
    lines: Receiver<String>,
}

impl Process {
    /// Starts this test program again, with a part to play. There, `twohost` is a name with two
    /// addresses.
    pub(crate) fn start(namespace: &Namespace, part: &'static str) -> Self {
        let program = env::current_exe().unwrap();
        // The mounts are those of the process alone: `ip netns exec` has made them private.
        let line = format!(
            "hosts=$(mktemp) && printf '{HOSTS}' >$hosts && mount --bind $hosts /etc/hosts && \
             rm -f $hosts && exec '{}' --exact part --nocapture",
            program.display()
        );
        let mut child = namespace
            .shell(&line)
            .env(PART, part)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Process { child, part, lines }
    }

    /// Waits for a line that begins with a word, and returns it.
    pub(crate) fn hear(&mut self, word: &str) -> String {
        let begun = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begun.elapsed());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.starts_with(word) => return line,
                Ok(_) => {}
                Err(error) => panic!("{} does not say `{word}`: {error}", self.part),
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
