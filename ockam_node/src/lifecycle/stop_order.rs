//! The order in which the stop of a node ends its workers.

/// When a worker is stopped by the stop of its node. Each waits for the end of those before, so
/// that what they say in their `shutdown` still leaves the node.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum StopOrder {
    /// First, with most others.
    #[default]
    Worker,
    /// After the workers: it carries their messages, and says something at its end itself.
    Channel,
    /// Last: it carries the messages of workers and channels to other nodes.
    Transport,
}

impl StopOrder {
    pub(crate) const EACH: [Option<StopOrder>; 3] =
        [Some(StopOrder::Worker), Some(StopOrder::Channel), Some(StopOrder::Transport)];
}
