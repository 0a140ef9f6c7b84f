//! The links of a node: its connections, its channels and its relays, and whether they are up.
//!
//! ```text
//!            failed, and is made again            made again
//!   Up ─────────────────────────────> Connecting ────────────> Up
//!    └── failed ──> Down <── given up ────┘ ^│ another attempt
//!                                           └┘
//! ```
//!
//! | file | owns |
//! |---|---|
//! | `link` | what a program calls |
//! | `link/state` | where a link is, and what is known about it |
//! | `link/list` | the list of the node, the log |
//! | `link/guard` | what the owner of a link holds |
//! | `link/watch` | following one link |
//! | `link/backoff` | the waits between attempts |
//! | `link/bare` | what stands for a link on boards |
//!
//! It refuses to know how a link is made, and when that is tried again.

mod backoff;
#[cfg(not(feature = "std"))]
mod bare;
#[cfg(feature = "std")]
mod guard;
#[cfg(feature = "std")]
mod list;
mod state;
#[cfg(feature = "std")]
mod watch;

pub use self::backoff::Backoff;
#[cfg(not(feature = "std"))]
pub use self::bare::LinkGuard;
#[cfg(feature = "std")]
pub use self::guard::LinkGuard;
#[cfg(feature = "std")]
pub(crate) use self::list::Links;
#[cfg(feature = "std")]
pub use self::watch::LinkWatch;

#[cfg(feature = "std")]
pub use self::state::{LINK_DOWN_WARNING, LinkInfo, LinkStatus};
pub use self::state::{LINK_EAGER_FOR, LINK_EAGER_WAIT, LinkKind, LinkState};

use crate::handle::Handle;
use alloc::string::String;
#[cfg(feature = "std")]
use alloc::vec::Vec;
use ockam_core::Address;

impl Handle {
    /// Lists the connections, channels and relays of the node and where they are, oldest first.
    ///
    /// Those of transports that say nothing about their connections are not in it. Boards without
    /// `std` keep no list.
    ///
    /// ```
    /// # use ockam_node::NodeBuilder;
    /// # #[tokio::main] async fn main() -> ockam_core::Result<()> {
    /// let ctx = NodeBuilder::new().build()?;
    /// for link in ctx.links() {
    ///     println!("{link}, for {:?}", link.since.elapsed());
    /// }
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "std")]
    #[must_use]
    pub fn links(&self) -> Vec<LinkInfo> {
        self.node().links.list()
    }

    /// Begins to follow the link at an address of this node; `None` if there is none in the
    /// [list](Self::links).
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch_link(&self, address: &Address) -> Option<LinkWatch> {
        self.node().links.find(address).map(LinkWatch::new)
    }

    /// Enters a link in the list of the node, for what makes links: it stays there for as long as
    /// there is the guard. Without `std` there is no list, and the guard is nothing.
    #[must_use]
    pub fn add_link(
        &self,
        kind: LinkKind,
        address: &Address,
        name: impl Into<String>,
        state: LinkState,
    ) -> LinkGuard {
        #[cfg(feature = "std")]
        return LinkGuard::new(&self.node().links, kind, address.clone(), name.into(), state);
        #[cfg(not(feature = "std"))]
        {
            let _ = (kind, address, name, state);
            LinkGuard
        }
    }
}
