//! The runtime under a node, for programs that use it beside `ockam`.

#[doc(no_inline)]
pub use tokio;
