//! What is measured when the nodes are at rest.

use crate::allocator;
use crate::world::World;
use std::fmt;

/// How much more live heap there may be: pools of messages, and the capacity of tables that held
/// more entries at some time.
const MORE_HEAP: i64 = 512 * 1024;

/// How much more resident memory there may be. An allocator keeps some of what was freed.
const MORE_RESIDENT_KIB: u64 = 16 * 1024;

/// How many more tasks there may be: a proxy or a connection may just be made again.
const MORE_TASKS: usize = 4;

pub(crate) struct Gauge {
    live: i64,
    resident_kib: u64,
    descriptors: usize,
    tasks: usize,
    /// Of the initiator, the middle, the responder.
    workers: [usize; 3],
}

impl Gauge {
    pub(crate) fn read(world: &World) -> Self {
        Gauge {
            live: allocator::live(),
            resident_kib: resident_kib(),
            descriptors: descriptors(),
            tasks: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
            workers: world.workers(),
        }
    }

    /// Returns what must stand still before the nodes are at rest.
    pub(crate) fn counts(&self) -> (usize, usize, [usize; 3]) {
        (self.descriptors, self.tasks, self.workers)
    }

    /// Returns the number of workers of each node.
    pub(crate) fn workers(&self) -> [usize; 3] {
        self.workers
    }

    /// Lists what is more than it was, beyond its tolerance.
    pub(crate) fn beyond(&self, before: &Gauge) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |is_right: bool, what: &str| {
            if !is_right {
                wrong.push(format!("{what}: it was {before}, and is {self}"));
            }
        };
        check(self.live <= before.live + MORE_HEAP, "live heap grew");
        check(self.resident_kib <= before.resident_kib + MORE_RESIDENT_KIB, "resident memory grew");
        check(self.descriptors == before.descriptors, "file descriptors are not as before");
        check(self.tasks <= before.tasks + MORE_TASKS, "tasks are left");
        check(self.workers == before.workers, "workers are not as before");
        wrong
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gauge { live, resident_kib, descriptors, tasks, workers } = self;
        write!(
            f,
            "live heap {} KiB, resident {resident_kib} KiB, {descriptors} file descriptors, {tasks} \
             tasks, workers {workers:?}",
            live / 1024
        )
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// Counts the open file descriptors, or returns 0 where the system does not say.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or(0)
}
