//! The attributes of Ockam programs: they turn `async fn main` into a node, an `async fn` into a
//! test on a separate node, and mistakes in a worker, a processor or a message into errors that
//! say what to write.
//!
//! Programs do not depend on this crate. They depend on `ockam`, which re-exports everything here
//! as `#[ockam::node]`, `#[ockam::test]`, `#[ockam::worker]`, `#[ockam::processor]` and
//! `#[derive(Message)]`. The expansions name only the facade, so a program that renames it has to
//! say so with `crate = "path"`.
//!
//! # How an attribute works
//!
//! Each attribute parses its arguments and its item, checks them, and expands. A check never stops
//! at the first mistake: all mistakes of an item are collected and reported together, each at the
//! tokens that caused it. An item with mistakes is emitted too, repaired where the compiler would
//! report the same mistake again, so that completion in editors keeps working.
//!
//! # Layout
//!
//! - `argument`: the arguments of an attribute, such as `timeout = 5_000`.
//! - `problem`: the collection of mistakes that becomes the error messages.
//! - `item`: the kind of the item under an attribute, for messages about a wrong one.
//! - `function`, `context`, `node`, `test`: the checked view of an `async fn`, and its two
//!   expansions.
//! - `role`, `block`, `part`, `method`, `lifetime`, `mend`, `spelling`: the checked view of an impl block of
//!   `Worker` or `Processor`.
//! - `message`: the derive.

mod argument;
mod block;
mod context;
mod function;
mod item;
mod lifetime;
mod mend;
mod message;
mod method;
mod node;
mod part;
mod problem;
mod role;
mod spelling;
mod test;

use proc_macro::TokenStream;

/// Turns `async fn main` into a program that is a node.
///
/// The attribute writes the `main` that the operating system calls. It builds the asynchronous
/// runtime and the node, and runs your function as the worker at the address `"app"`. A `main` that
/// returns without stopping the node leaves it running until it is stopped, or until the process
/// receives Ctrl-C or SIGTERM, which stop it gracefully.
///
/// ```text
/// use ockam::{node, Context, Result};
///
/// /// Create and then immediately stop a node.
/// #[ockam::node]
/// async fn main(ctx: Context) -> Result<()> {
///     let mut node = node(ctx);
///     node.stop().await
/// }
/// ```
///
/// # The function
///
/// It is named `main`, it is `async`, and it takes `ctx: Context`, `ctx: &mut Context` or nothing.
/// It may return any type that a Rust `main` may return. Lint levels, documentation and
/// `#[cfg(..)]` apply to the generated `main` too; every other attribute stays on your function.
///
/// # Arguments
///
/// - `stop_timeout = "30s"`: the time limit for stopping the node, on Ctrl-C and wherever the
///   program does not set another: a whole number with the unit `ms`, `s`, `m` or `h`. The default
///   is one second. The environment variable `OCKAM_STOP_TIMEOUT`, with a value of the same form,
///   takes precedence.
/// - `crate = "path"`: where the facade is, for programs that know it under another name. The
///   default is `"::ockam"`.
///
/// ```text
/// #[ockam::node(crate = "my_company::ockam")]
/// async fn main(ctx: my_company::ockam::Context) {}
/// ```
#[proc_macro_attribute]
pub fn node(arguments: TokenStream, item: TokenStream) -> TokenStream {
    node::expand(arguments.into(), item.into()).into()
}

/// Turns an `async fn` into a test that runs on a separate node.
///
/// The node is stopped when the test ends for any reason. The test fails if the function returns an
/// error, panics, or does not finish in time.
///
/// ```text
/// use ockam::{route, Context, Result};
///
/// #[ockam::test(timeout = 5_000)]
/// async fn an_echoer_echoes(ctx: &mut Context) -> Result<()> {
///     ctx.start_worker("echoer", Echoer).await?;
///     let reply: String = ctx.send_and_receive(route!["echoer"], "hello".to_string()).await?;
///     assert_eq!(reply, "hello");
///     Ok(())
/// }
/// ```
///
/// # The function
///
/// It is `async`, it takes `ctx: &mut Context`, `ctx: Context` or nothing, and it returns a
/// `Result`. The attributes of tests, such as `#[should_panic]` and `#[ignore]`, work as they do on
/// a `#[test]`.
///
/// # Arguments
///
/// - `timeout = milliseconds`: the time limit of the test, a whole number above zero. The default is
///   `30_000`.
/// - `crate = "path"`: where the facade is, for programs that know it under another name. The
///   default is `"::ockam"`.
// The harness of this crate's unit tests would mistake an attribute named `test` for the one that
// marks them (rust-lang/rust#62127), so the attribute is not compiled for them.
#[cfg(not(test))]
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments.into(), item.into()).into()
}

/// Checks an implementation of `Worker` and reports how to correct it.
///
/// A correct block is left unchanged, and compiles without the attribute as well. The handlers are
/// native async functions: the attribute adds no box and no hidden argument.
///
/// ```text
/// use ockam::{Context, Result, Routed, Worker};
///
/// struct Echoer;
///
/// #[ockam::worker]
/// impl Worker for Echoer {
///     type Context = Context;
///     type Message = String;
///
///     async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
///         ctx.send(msg.return_route(), msg.body()).await
///     }
/// }
/// ```
///
/// # The block
///
/// It implements `Worker`, by any path, for a type that may be generic. It has both associated
/// types, `Context` and `Message`, and the handler `handle_message`; `initialize` and `shutdown`
/// are optional. Each is an `async fn`, or a function that returns `impl Future`.
///
/// # Arguments
///
/// - `crate = "path"`: where the facade is, for programs that know it under another name. The
///   default is `"::ockam"`.
#[proc_macro_attribute]
pub fn worker(arguments: TokenStream, item: TokenStream) -> TokenStream {
    block::expand(&role::WORKER, arguments.into(), item.into()).into()
}

/// Checks an implementation of `Processor` and reports how to correct it.
///
/// A processor receives no messages. Its `process` is called repeatedly for as long as it returns
/// `true`, like a loop that reads from a socket or a sensor.
///
/// ```text
/// use ockam::{Context, Processor, Result};
///
/// struct Countdown(u32);
///
/// #[ockam::processor]
/// impl Processor for Countdown {
///     type Context = Context;
///
///     async fn process(&mut self, ctx: &mut Context) -> Result<bool> {
///         ctx.send("display", self.0).await?;
///         self.0 -= 1;
///         Ok(self.0 > 0)
///     }
/// }
/// ```
///
/// # The block
///
/// It implements `Processor`, by any path, for a type that may be generic. It has the associated
/// type `Context` and the handler `process`; `initialize` and `shutdown` are optional. Each is an
/// `async fn`, or a function that returns `impl Future`.
///
/// # Arguments
///
/// - `crate = "path"`: where the facade is, for programs that know it under another name. The
///   default is `"::ockam"`.
#[proc_macro_attribute]
pub fn processor(arguments: TokenStream, item: TokenStream) -> TokenStream {
    block::expand(&role::PROCESSOR, arguments.into(), item.into()).into()
}

/// Implements `Message` for a type, so that it can be the body of a message.
///
/// The type has to own its data, and to derive `Serialize` and `Deserialize` of `serde`. The derive
/// writes `impl Message for Reading {}`, and programs may write that in place of it.
///
/// ```text
/// use ockam::Message;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Message, Serialize, Deserialize)]
/// struct Reading {
///     sensor: String,
///     celsius: f32,
/// }
///
/// #[derive(Message, Serialize, Deserialize)]
/// struct Batch<T> {
///     items: Vec<T>,
/// }
/// ```
///
/// # The type
///
/// It is a struct or an enum without lifetime parameters, because a message outlives the function
/// that sends it. A generic type is a message for every type argument that is one.
///
/// # Arguments
///
/// - `#[message(crate = "path")]`: where the facade is, for programs that know it under another
///   name. The default is `"::ockam"`.
#[proc_macro_derive(Message, attributes(message))]
pub fn derive_message(item: TokenStream) -> TokenStream {
    message::expand(item.into()).into()
}
