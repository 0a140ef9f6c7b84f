//! Words for addresses.

use super::Node;
use alloc::string::{String, ToString};
use ockam_core::Address;

impl Node {
    /// Returns what the link at an address leads to, such as `the connection to 127.0.0.1:4000`, and the
    /// address itself if it is in no list.
    #[cold]
    pub(crate) fn describe_link(&self, address: &Address) -> String {
        #[cfg(feature = "std")]
        if let Some(link) = self.links.describe(address) {
            return link;
        }
        address.to_string()
    }
}
