//! Code of the program that panics, anywhere, once, in two nodes that are busy: what it belongs to
//! ends, or the call fails, and nothing else.
//!
//! Each run lets one place panic at one of the times at which it is reached. A place that is never
//! reached fails the test.
//!
//! | file | owns |
//! |---|---|
//! | `fuse` | the table of places, and which of them panics |
//! | `program`, `custody` | the code that panics |
//! | `world` | the two nodes |
//! | `tour` | what they do |
//! | `lines` | what they tell their log |

#![allow(clippy::unwrap_used)]

mod custody;
mod fuse;
#[path = "../../../ockam_transport_tcp/tests/it/lines.rs"]
mod lines;
mod program;
mod tour;
mod world;

use fuse::{Group, Point, TEXT, arm, blown};
use lines::Lines;
use ockam_transport_memory::simulate;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tour::{Failures, tour, witnesses};
use tracing::Level;
use world::{STOP, World};

/// At how many of the times at which a place is reached it panics, in a run each.
const TIMES: usize = 3;

/// After this long, channels have a new credential, and handshakes that were given up are over.
const A_WHILE: Duration = Duration::from_secs(700);

/// What one run has seen.
struct Seen {
    /// How often each place of the group was reached.
    passes: Vec<(Point, usize)>,
    broken: Vec<String>,
}

/// The places of a group.
fn points(group: Group) -> impl Iterator<Item = Point> {
    Point::ALL.iter().copied().filter(move |point| point.group() == group)
}

/// Tells whether a line is a warning or an error, or tells of a panic at a lower level because the
/// process has had many of the kind.
fn tells(line: &str) -> bool {
    line.starts_with("WARN") || line.starts_with("ERROR") || line.contains(" panicked")
}

/// Lets a place of a group panic one of the times that it is reached, or none.
async fn run(group: Group, armed: Option<(Point, usize)>) -> Seen {
    arm(None);
    let log = Lines::of_this_thread(Level::DEBUG);
    let mut broken = Vec::new();
    let world = World::new().await.unwrap();
    broken.extend(tour(&world).await.into_iter().map(|why| format!("before: {why}")));
    sleep(A_WHILE).await;
    let before = world.workers();
    log.take();
    let passes = || points(group).map(|point| (point, point.passes())).collect();

    let (mut failed, mut reached, mut hits) = (Vec::new(), Vec::new(), 0);
    if group != Group::Stopping {
        let failures = Failures::default();
        let others = witnesses(&world, &failures);
        arm(armed);
        failed = tour(&world).await;
        others.iter().for_each(JoinHandle::abort);
        broken.append(&mut failures.take());
        sleep(A_WHILE).await;
        (reached, hits) = (passes(), blown());
        let after = world.workers();
        let (more, less) = (after.difference(&before), before.difference(&after));
        let (more, less): (Vec<_>, Vec<_>) = (more.collect(), less.collect());
        if after != before {
            broken.push(format!("workers: {more:?} more, {less:?} less"));
        }
        if armed.is_none() {
            broken.append(&mut failed);
        }
    }
    // Whatever has panicked, everything works.
    broken.extend(tour(&world).await.into_iter().map(|why| format!("afterwards: {why}")));
    if let Err(error) = world.assert_witnesses().await {
        broken.push(format!("a witness: {error:#}"));
    }
    sleep(A_WHILE).await;

    if group == Group::Stopping {
        arm(armed);
    }
    stop(world, &mut broken).await;
    if group == Group::Stopping {
        (reached, hits) = (passes(), blown());
    }
    if armed.is_some() {
        broken.extend((hits != 1).then(|| format!("it has panicked {hits} times")));
        let mut said = log.take();
        said.retain(|line| tells(line));
        let (quiet, loud): (Vec<_>, Vec<_>) = said
            .iter()
            .filter(|line| line.contains(TEXT))
            .partition(|line| line.starts_with("DEBUG"));
        let lines = loud.len();
        let is_told = lines + quiet.len() > 0 || failed.iter().any(|why| why.contains(TEXT));
        broken.extend((!is_told).then(|| format!("nobody was told: {failed:#?}")));
        broken.extend((lines > 1).then(|| format!("the log has it {lines} times: {said:#?}")));
    }
    Seen { passes: reached, broken }
}

/// Stops both nodes, of which nothing is left then.
async fn stop(world: World, broken: &mut Vec<String>) {
    let World { sides, channels, .. } = world;
    drop(channels);
    for side in sides {
        let mut node = side.node;
        let begun = Instant::now();
        if let Err(error) = node.stop().await {
            broken.push(format!("stop: {error:#}"));
        }
        node.stopped().await;
        if begun.elapsed() >= STOP {
            broken.push(format!("the stop took {:?}", begun.elapsed()));
        }
        if node.list_workers().len() != 1 {
            broken.push(format!("after the stop there are {:?}", node.list_workers()));
        }
    }
    sleep(Duration::from_secs(1)).await;
    let tasks = Handle::current().metrics().num_alive_tasks();
    if tasks != 0 {
        broken.push(format!("{tasks} tasks are left"));
    }
}

/// Keeps panics that have to be from the output.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let text = panic.payload().downcast_ref().map_or("", String::as_str);
            let text = panic.payload().downcast_ref::<&str>().copied().unwrap_or(text);
            if !text.starts_with(TEXT) && text != program::DOOM {
                usual(panic);
            }
        }));
    });
}

/// Runs it in a runtime of its own.
fn simulated(group: Group, armed: Option<(Point, usize)>) -> Seen {
    let run = || simulate(run(group, armed));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        let why = format!("it came through to the caller: {}", text.unwrap_or_default());
        Seen { passes: Vec::new(), broken: vec![why] }
    })
}

/// Lets each place of a group panic, at several of the times that it is reached.
fn each(group: Group) {
    hush();
    let Seen { passes, mut broken } = simulated(group, None);
    for (point, passes) in passes {
        if passes == 0 {
            broken.push(format!("{point:?} is never reached"));
        }
        // The first time, the last time, and some between them.
        let times = passes.min(TIMES);
        for time in 0..times {
            let nth = 1 + time * (passes - 1) / (times - 1).max(1);
            let seen = simulated(group, Some((point, nth)));
            let why = |why| format!("{point:?}, time {nth} of {passes}: {why}");
            broken.extend(seen.broken.into_iter().map(why));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_panic_in_a_worker_a_rule_or_a_message_ends_its_owner_alone() {
    each(Group::Node);
}

#[test]
fn a_panic_in_a_vault_a_store_a_clock_or_a_policy_ends_its_owner_alone() {
    each(Group::Identities);
}

#[test]
fn a_panic_while_the_nodes_stop_does_not_keep_them_from_it() {
    each(Group::Stopping);
}
