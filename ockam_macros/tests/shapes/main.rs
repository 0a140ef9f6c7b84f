//! Programs that the attributes must not complain about. That they compile is the test, so this is
//! a program without a harness: an attribute must also stand where nothing is tested.
#![allow(clippy::manual_async_fn, dead_code, missing_docs, unreachable_pub)]

mod messages;
mod nodes;
mod processors;
mod tests;
mod workers;

fn main() {
    messages::main();
    nodes::main();
    processors::main();
    tests::main();
    workers::main();
}
