//! Requests to end the process, heard by a thread that runs no code of the program.
//!
//! The first stops the node and then ends the process, whatever main does; the second ends the
//! process at once, even when every other thread is blocked.

use crate::context::Handle;
use crate::executor::{Executor, Signals};
use core::time::Duration;
use ockam_core::{Error, ErrorKind, Result};
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

/// How long a main function may go on after a signal has stopped its node.
const MAIN_GRACE: Duration = Duration::from_millis(500);

/// How long after its deadline a stop may report before the runtime is asked whether it runs.
pub(super) const STOP_GRACE: Duration = Duration::from_millis(500);

/// How long a runtime that runs may take to answer.
const ANSWER: Duration = Duration::from_secs(1);

/// The exit code of a process that a second signal ends.
const EXIT_IMPATIENT: i32 = 130;

/// The exit code of a process whose node could not stop, or not without cutting something off.
const EXIT_CUT_OFF: i32 = 1;

/// How main and the end of the process wait for each other.
#[derive(Default)]
pub(super) struct End {
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    /// A signal has stopped the node: the process ends by it.
    stopping: bool,
    returned: bool,
}

impl End {
    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that a signal stops the node; `false` if main has returned already.
    fn begin(&self) -> bool {
        let mut progress = self.lock();
        progress.stopping = !progress.returned;
        progress.stopping
    }

    /// Says that main has returned. If a signal has stopped the node this does not return, because
    /// the process ends by the signal and with its exit code.
    pub(super) fn main_returned(&self) {
        let mut progress = self.lock();
        progress.returned = true;
        self.changed.notify_all();
        while progress.stopping {
            progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wait_for_main(&self, limit: Duration) {
        let running = |progress: &mut Progress| !progress.returned;
        drop(self.changed.wait_timeout_while(self.lock(), limit, running));
    }
}

/// Begins to listen.
///
/// # Errors
/// If the operating system gives no thread or refuses to deliver signals.
pub(super) fn listen(node: Handle) -> Result<Arc<End>> {
    let end = Arc::new(End::default());
    let listener = Signals::listener()?;
    let for_thread = Arc::clone(&end);
    let hear = move || {
        let mut node = Some((node, for_thread));
        listener.run(|name| match node.take() {
            Some((node, end)) if end.begin() => {
                let name = name.into();
                let said = thread::Builder::new().name("ockam-stop".into());
                if said.spawn(move || say_farewell(name, &node, &end)).is_err() {
                    process::exit(EXIT_CUT_OFF);
                }
            }
            _ => process::exit(EXIT_IMPATIENT),
        });
    };
    let thread = thread::Builder::new().name("ockam-signals".into()).spawn(hear);
    thread.map_err(|error| {
        Error::with_kind(ErrorKind::Io, error)
            .add_context("starting the thread that listens for signals")
    })?;
    Ok(end)
}

/// Stops the node and ends the process.
fn say_farewell(name: std::string::String, node: &Handle, end: &End) {
    let stopped = begin_stop(node);
    tracing::info!("{name}: the node stops; a second signal ends the process at once");
    let code = match wait_for_stop(node, &stopped) {
        Some(true) => 0,
        Some(false) => EXIT_CUT_OFF,
        None => {
            std::eprintln!(
                "Error: the node cannot stop, because all threads of its runtime are blocked"
            );
            process::exit(EXIT_CUT_OFF);
        }
    };
    // Main hears of the stop through its receives; it may end in its own way, but not stay.
    end.wait_for_main(MAIN_GRACE);
    process::exit(code);
}

/// Stops a node from a thread of no runtime; the answer is whether nothing was cut off.
pub(super) fn begin_stop(node: &Handle) -> mpsc::Receiver<bool> {
    let (sender, stopped) = mpsc::channel();
    let handle = node.clone();
    let stop = async move {
        // The receiver may have given up.
        let _ = sender.send(handle.stop().await.is_ok());
    };
    node.node().executor.spawn(stop);
    stopped
}

/// Waits for the end of a stop. `None` says that the runtime does not run any more, because its
/// threads are blocked.
pub(super) fn wait_for_stop(node: &Handle, stopped: &mpsc::Receiver<bool>) -> Option<bool> {
    let limit = node.node().stop_timeout.saturating_add(STOP_GRACE);
    loop {
        match stopped.recv_timeout(limit) {
            Ok(outcome) => return Some(outcome),
            Err(mpsc::RecvTimeoutError::Timeout) if runs(&node.node().executor) => {}
            Err(_) => return None,
        }
    }
}

/// Tells whether a runtime runs tasks.
fn runs(executor: &Executor) -> bool {
    let (sender, answer) = mpsc::channel();
    executor.spawn(async move {
        // An answer that comes too late is of no use.
        let _ = sender.send(());
    });
    answer.recv_timeout(ANSWER).is_ok()
}
