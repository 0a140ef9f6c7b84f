//! Ctrl-C and SIGTERM. The node of these tests is a process of its own: this binary, started once
//! more, with what it is to do in its environment.
#![cfg(unix)]

use crate::support::PATIENCE;
use ockam_core::{Any, Result, Routed, Worker};
use ockam_node::{
    Context, DEFAULT_STOP_TIMEOUT, MessageReceiveOptions, NodeBuilder, STOP_TIMEOUT_VARIABLE,
    run_node, run_node_with, run_node_with_stop_timeout,
};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

pub(crate) const TASK: &str = "OCKAM_NODE_TEST_CHILD";

/// Says what happens to it on the standard output of the child.
struct Herald {
    hangs: bool,
}

pub(crate) fn say(text: &str) {
    // Not `println`, which the test harness captures.
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).unwrap();
}

impl Worker for Herald {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<Any>) -> Result<()> {
        say("handling");
        if self.hangs {
            ctx.sleep(Duration::from_secs(600)).await;
        }
        Ok(())
    }

    async fn shutdown(&mut self, _: &mut Context) -> Result<()> {
        say("shutdown");
        Ok(())
    }
}

/// What the child does; as a test of its own it does nothing.
#[test]
fn child() {
    let Ok(task) = std::env::var(TASK) else { return };
    let outcome = run_node(move |mut ctx: Context| async move {
        ctx.start_worker("herald", Herald { hangs: task == "hang" }).await?;
        ctx.send("herald", 1u8).await?;
        let options = MessageReceiveOptions::new().without_timeout();
        match ctx.receive_extended::<u8>(options).await {
            Ok(_) => say("received"),
            Err(error) => say(&format!("{:?}", error.kind())),
        }
        Ok::<(), ockam_core::Error>(())
    });
    // Not reached after a signal.
    say(&format!("returned {outcome:?}"));
}

pub(crate) struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(out: ChildStdout) -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(|line| line.ok()) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Running {
    fn start(task: &str) -> Self {
        Self::start_test("signal::child", task)
    }

    /// Starts a test of this binary as a process of its own, with something to do.
    pub(crate) fn start_test(test: &str, task: &str) -> Self {
        Self::start_with(test, task, &[])
    }

    fn start_with(test: &str, task: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(TASK, task)
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = read(child.stdout.take().unwrap());
        Running { child, lines }
    }

    /// Waits for a line, past the words of the test harness.
    pub(crate) fn hear(&self, text: &str) {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap();
            // The harness begins a line with the test's name and leaves it open.
            if line == text || line.ends_with(&format!("... {text}")) {
                return;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let kill = Command::new("kill").arg(name).arg(self.child.id().to_string()).status();
        assert!(kill.unwrap().success());
    }

    pub(crate) fn end(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "it does not end");
            std::thread::yield_now();
        }
    }
}

fn assert_stops_gracefully(signal: &str) {
    let mut node = Running::start("wait");
    node.hear("handling");
    node.signal(signal);
    // The worker is shut down and the main function hears of the stop, whichever comes first.
    let mut rest: Vec<String> = Vec::new();
    let status = node.end();
    rest.extend(node.lines.iter().filter(|line| line == "shutdown" || line == "Stopped"));
    rest.sort_unstable();
    assert_eq!(rest, ["Stopped", "shutdown"]);
    assert_eq!(status.code(), Some(0), "{status}");
}

#[test]
fn ctrl_c_stops_a_node_gracefully() {
    assert_stops_gracefully("-INT");
}

#[test]
fn sigterm_stops_a_node_gracefully() {
    assert_stops_gracefully("-TERM");
}

/// Takes longer than the default limit to handle its message.
struct Thorough;

impl Worker for Thorough {
    type Context = Context;
    type Message = Any;

    async fn handle_message(&mut self, ctx: &mut Context, _: Routed<Any>) -> Result<()> {
        say("begun");
        ctx.sleep(3 * DEFAULT_STOP_TIMEOUT / 2).await;
        say("done");
        Ok(())
    }
}

/// A main function that says how long its stop may take.
#[test]
fn patient_child() {
    let Ok(limit) = std::env::var(TASK) else { return };
    let main = |ctx: Context| async move {
        ctx.start_worker("thorough", Thorough).await?;
        ctx.send("thorough", 1u8).await
    };
    let outcome = match limit.as_str() {
        "attribute" => run_node_with_stop_timeout(30_000, main),
        "builder" => {
            run_node_with(NodeBuilder::new().with_stop_timeout(Duration::from_secs(30)), main)
        }
        _ => run_node(main),
    };
    say(&format!("returned {outcome:?}"));
}

#[test]
fn the_limit_of_the_stop_comes_from_the_program_or_the_environment() {
    for (task, variable, code) in [
        ("attribute", "", 0),
        ("builder", "", 0),
        ("environment", "30s", 0),
        ("attribute", "10ms", 1),
        ("builder", "10ms", 1),
    ] {
        let mut node = Running::start_with(
            "signal::patient_child",
            task,
            &[(STOP_TIMEOUT_VARIABLE, variable)],
        );
        node.hear("begun");
        node.signal("-TERM");
        let status = node.end();
        assert_eq!(status.code(), Some(code), "{task} {variable}: {status}");
        assert_eq!(node.lines.iter().any(|line| line == "done"), code == 0, "{task} {variable}");
    }
}

#[test]
fn an_environment_that_is_no_time_ends_the_process_before_it_begins() {
    let variables = [(STOP_TIMEOUT_VARIABLE, "soon")];
    let mut node = Running::start_with("signal::patient_child", "environment", &variables);
    assert_eq!(node.end().code(), Some(1));
    assert!(node.lines.iter().all(|line| !line.ends_with("begun")));
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let mut node = Running::start("hang");
    node.hear("handling");
    node.signal("-TERM");
    node.signal("-INT");
    let status = node.end();
    assert_ne!(status.code(), Some(0), "{status}");
    assert!(node.lines.iter().all(|line| line != "shutdown"));
}

#[test]
fn a_busy_worker_is_cut_off_at_the_deadline_and_the_process_says_so() {
    let mut node = Running::start("hang");
    node.hear("handling");
    node.signal("-TERM");
    let status = node.end();
    assert!(status.code().is_some_and(|code| code != 0), "{status}");
}
