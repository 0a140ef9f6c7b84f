//! Finding code of the program that blocks a thread of the runtime: a WARN that names it, and a
//! wake-up for the other threads.
//!
//! Every poll of a worker's task is marked in a slot of its thread: two relaxed stores, and one at
//! its end. One thread of the process looks at the slots every [`LOOK`], as long as there is a
//! node. What a slot shows unchanged for the node's limit is blocked, and is told to the log: the first time for each
//! worker, and then at powers of ten.
//!
//! A thread that waits for sockets and timers on behalf of all, and then runs a task that blocks,
//! is not replaced by the runtime: its other threads sleep until something wakes them. So a runtime
//! with a thread that has not rested since the last look is woken by an empty task.

use crate::cell::{Cell, Kind};
use crate::executor::Executor;
use crate::node::Node;
use crate::telling::{Telling, What};
use std::string::String;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::thread;
use std::time::{Duration, Instant};
use std::vec::Vec;

/// How long a handler may go on without an `await` that waits before the log names it, unless the
/// builder says otherwise.
pub const DEFAULT_BLOCKING_LIMIT: Duration = Duration::from_secs(1);

/// How often the threads are looked at.
const LOOK: Duration = Duration::from_millis(250);

/// How many threads are watched at most; those of further runtimes are not.
const MAX_THREADS: usize = 256;

/// What one thread polls at the moment. Alone in its cache lines, because it is written often.
#[repr(align(128))]
struct ThreadSlot {
    taken: AtomicBool,
    /// Counts the polls, so that two of the same worker are told apart.
    polls: AtomicUsize,
    /// The place in memory of the cell that is polled; 0 in between.
    cell: AtomicUsize,
}

impl ThreadSlot {
    const fn new() -> Self {
        ThreadSlot {
            taken: AtomicBool::new(false),
            polls: AtomicUsize::new(0),
            cell: AtomicUsize::new(0),
        }
    }
}

static SLOTS: [ThreadSlot; MAX_THREADS] = [const { ThreadSlot::new() }; MAX_THREADS];

/// The slot of all threads for which there is none; it is not looked at.
static UNWATCHED: ThreadSlot = ThreadSlot::new();

std::thread_local! {
    static SLOT: core::cell::Cell<Option<&'static ThreadSlot>> = const { core::cell::Cell::new(None) };
    static LEASE: Lease = Lease(take_slot());
}

/// Gives the slot of a thread back when the thread ends.
struct Lease(&'static ThreadSlot);

impl Drop for Lease {
    fn drop(&mut self) {
        self.0.taken.store(false, Ordering::Relaxed);
    }
}

fn take_slot() -> &'static ThreadSlot {
    let free = |slot: &&ThreadSlot| !slot.taken.swap(true, Ordering::Relaxed);
    SLOTS.iter().find(free).unwrap_or(&UNWATCHED)
}

/// Marks a poll as long as it lives.
pub(crate) struct Polling(&'static ThreadSlot);

/// Marks that the calling thread polls the task of a cell.
#[inline]
pub(crate) fn polling(cell: &Arc<Cell>) -> Polling {
    let slot = SLOT.get().unwrap_or_else(first_poll);
    slot.polls.store(slot.polls.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    slot.cell.store(place(cell), Ordering::Relaxed);
    Polling(slot)
}

impl Drop for Polling {
    #[inline]
    fn drop(&mut self) {
        self.0.cell.store(0, Ordering::Relaxed);
    }
}

#[cold]
fn first_poll() -> &'static ThreadSlot {
    // A thread that ends has given its slot back already.
    let slot = LEASE.try_with(|lease| lease.0).unwrap_or(&UNWATCHED);
    SLOT.set(Some(slot));
    slot
}

fn place(cell: &Arc<Cell>) -> usize {
    Arc::as_ptr(cell).addr()
}

/// The nodes of the process, and whether there is a thread that looks at their threads.
struct NodeWatch {
    nodes: Vec<Watched>,
    running: bool,
}

struct Watched {
    node: Weak<Node>,
    executor: Executor,
    limit: Duration,
    /// How often each thread of the runtime had gone to rest and come back at the last look.
    rests: Vec<u64>,
}

static WATCH: Mutex<NodeWatch> = Mutex::new(NodeWatch { nodes: Vec::new(), running: false });

fn watch() -> MutexGuard<'static, NodeWatch> {
    WATCH.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Watches the threads of a node as long as it lives. `limit` is how long a handler may block.
pub(crate) fn add(node: &Arc<Node>, limit: Duration) {
    let (executor, rests) = (node.executor.clone(), node.executor.rests());
    if limit == Duration::MAX && rests.is_empty() {
        // There is nothing to name and no other thread to wake.
        return;
    }
    let mut watch = watch();
    watch.nodes.push(Watched { node: Arc::downgrade(node), executor, limit, rests });
    if !watch.running {
        // Without a thread nothing is watched, and everything else works.
        watch.running = thread::Builder::new().name("ockam-watch".into()).spawn(run).is_ok();
    }
}

fn run() {
    let mut views: Vec<View> = SLOTS.iter().map(View::new).collect();
    loop {
        thread::sleep(LOOK);
        let now = Instant::now();
        views.iter_mut().for_each(|view| view.look(now));
        let mut watch = watch();
        watch.nodes.retain(|watched| watched.node.strong_count() > 0);
        if watch.nodes.is_empty() {
            watch.running = false;
            return;
        }
        for watched in &mut watch.nodes {
            watched.wake_others();
            for view in views.iter_mut().filter(|view| view.is_blocked(now, watched.limit)) {
                view.told = watched.tell(view, now);
            }
        }
    }
}

/// What was seen of one slot.
struct View {
    slot: &'static ThreadSlot,
    polls: usize,
    cell: usize,
    /// Since when it shows the same.
    since: Instant,
    told: bool,
}

impl View {
    fn new(slot: &'static ThreadSlot) -> Self {
        View { slot, polls: 0, cell: 0, since: Instant::now(), told: false }
    }

    fn look(&mut self, now: Instant) {
        let polls = self.slot.polls.load(Ordering::Relaxed);
        let cell = self.slot.cell.load(Ordering::Relaxed);
        if (polls, cell) != (self.polls, self.cell) {
            *self = View { slot: self.slot, polls, cell, since: now, told: false };
        }
    }

    fn is_blocked(&self, now: Instant, limit: Duration) -> bool {
        self.cell != 0 && !self.told && now.duration_since(self.since) >= limit
    }
}

impl Watched {
    /// Lets another thread wait for sockets and timers, in case the one that did is blocked.
    fn wake_others(&mut self) {
        let rests = self.executor.rests();
        let even = |rests: &u64| rests.is_multiple_of(2);
        // An even number says that the thread is not at rest.
        let awake = rests.iter().zip(&self.rests).any(|(now, before)| now == before && even(now));
        self.rests = rests;
        if awake {
            self.executor.spawn(async {});
        }
    }

    /// Names what blocks, if it belongs to this node; `true` if it does.
    fn tell(&self, view: &View, now: Instant) -> bool {
        let Some(node) = self.node.upgrade() else {
            return false;
        };
        let is_it = |cell: &Arc<Cell>| place(cell) == view.cell;
        let cell = node.workers.collect(|cell| is_it(cell).then(|| Arc::clone(cell))).pop();
        // This may be the last that holds the node, whose drop runs code of the program.
        let executor = self.executor.clone();
        let found = cell.is_some();
        let name = cell.as_ref().map(|cell| (std::format!("{}", cell.address()), describe(cell)));
        // A peer may find a message over which a worker takes long.
        let telling = cell.as_ref().map(|cell| node.telling(cell.address(), What::Blocks));
        executor.spawn(async move { drop((node, cell)) });
        if let (Some((address, worker)), Some(Telling::Counted(count))) = (name, telling) {
            warn(address, worker, count, now.duration_since(view.since));
        }
        found
    }
}

fn describe(cell: &Cell) -> String {
    match cell.kind() {
        Kind::Detached => "the main function".into(),
        Kind::Worker | Kind::Processor => std::format!("{}", cell.type_name()),
    }
}

/// Writes to the log in a thread of its own: a program's subscriber may block as well.
fn warn(address: String, worker: String, count: u64, for_at_least: Duration) {
    // Without a thread there is one line less in the log.
    drop(thread::Builder::new().spawn(move || {
        tracing::warn!(
            %address, %worker, count, ?for_at_least,
            "a handler blocks its thread, and what else runs there waits: move work that blocks or \
             computes for long to tokio::task::spawn_blocking, or await in between"
        );
    }));
}
