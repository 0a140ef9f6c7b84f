//! What the attributes expand to where there is no operating system: an error that says what to
//! write. Not for programs.

use core::future::Future;
use ockam_node::Context;

/// What an operating system has; nothing here has it.
#[diagnostic::on_unimplemented(
    message = "`#[ockam::node]` and `#[ockam::test]` need an operating system, which the feature `std` of `ockam` takes for granted",
    label = "this cannot be the main function of a board",
    note = "write the main function of the board's executor, and build the node in it: \
            `NodeBuilder::new().with_spawner(spawner.make_send()).with_random(..).build()?`"
)]
pub trait OperatingSystem {}

/// Refuses a main function.
pub fn run_node<F, Fut, T>(_: F) -> T
where
    F: FnOnce(Context) -> Fut + OperatingSystem,
    Fut: Future<Output = T>,
{
    unreachable!("no main function is an operating system")
}

/// Refuses a main function.
pub fn run_node_with_stop_timeout<F, Fut, T>(_: u64, _: F) -> T
where
    F: FnOnce(Context) -> Fut + OperatingSystem,
    Fut: Future<Output = T>,
{
    unreachable!("no main function is an operating system")
}

/// Refuses a test function.
pub fn run_test<F, Fut, T>(_: &'static str, _: u64, _: F)
where
    F: FnOnce(Context) -> Fut + OperatingSystem,
    Fut: Future<Output = T>,
{
}
