//! Where something is to be started: its addresses, the bounds of its mailbox, and what is rare.

#[cfg(feature = "std")]
use crate::cell::byte_budget::ByteBudget;
#[cfg(feature = "std")]
use crate::cell::inbox::Shared;
use crate::cell::inbox::{Bounds, Limits};
use crate::cell::{Cell, CellMeta};
use crate::dead_letter::DeadLetterReason;
#[cfg(feature = "std")]
use crate::delivery::shortcut::Shortcut;
use crate::lifecycle::stop_order::StopOrder;
use crate::node::Node;
#[cfg(feature = "std")]
use alloc::boxed::Box;
use alloc::sync::Arc;
use ockam_core::{Address, Mailbox, Mailboxes, Result};

/// What few workers have. A place is moved some times, so these cost the others one pointer.
#[cfg(feature = "std")]
#[derive(Default)]
pub(super) struct Rare {
    pub(super) shortcut: Option<Box<dyn Shortcut>>,
    /// A budget, and how many bytes are held beside it.
    pub(super) budget: Option<(ByteBudget, u32)>,
}

/// Where something is to be started.
#[derive(Default)]
pub(super) struct StartOptions {
    pub(super) mailboxes: Option<Mailboxes>,
    /// How many messages and bytes the mailbox holds: 0 is as many as is usual.
    pub(super) messages: u32,
    #[cfg(feature = "std")]
    pub(super) bytes: u32,
    pub(super) stop_order: StopOrder,
    #[cfg(feature = "std")]
    rare: Option<Box<Rare>>,
}

impl StartOptions {
    #[cfg(feature = "std")]
    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Returns the limits of the mailbox: the usual ones, if nothing else was said.
    fn limits(&self, usual: &Limits) -> Limits {
        #[cfg(feature = "std")]
        let are_usual = self.messages == 0 && self.bytes == 0;
        #[cfg(not(feature = "std"))]
        let are_usual = self.messages == 0;
        if are_usual {
            return usual.clone();
        }
        let usual = usual.bounds();
        Limits::from(Bounds {
            messages: if self.messages == 0 { usual.messages } else { self.messages },
            #[cfg(feature = "std")]
            bytes: if self.bytes == 0 { usual.bytes } else { self.bytes },
        })
    }

    /// Reserves the addresses; without any, a random one with the `usual` mailbox.
    pub(super) fn reserve<'a>(
        self,
        node: &'a Arc<Node>,
        about: &'static CellMeta,
        usual: impl FnOnce(Address) -> Mailbox,
    ) -> Result<Starting<'a>> {
        let limits = self.limits(&node.mailbox_limits);
        let mailboxes = self.mailboxes.unwrap_or_else(|| usual(node.random_local()).into());
        #[cfg(feature = "std")]
        if let Some(rare) = self.rare {
            let cell = rare.cell(node, mailboxes, about, self.stop_order, limits)?;
            return Ok(Starting { node, cell, is_reachable: false });
        }
        let cell = Cell::starting(mailboxes, about, self.stop_order, limits);
        node.reserve(&cell)?;
        Ok(Starting { node, cell, is_reachable: false })
    }
}

#[cfg(feature = "std")]
impl Rare {
    /// Makes the cell of a worker that has some of it, at addresses that are reserved.
    #[cold]
    fn cell(
        self,
        node: &Arc<Node>,
        mailboxes: Mailboxes,
        about: &'static CellMeta,
        stop_order: StopOrder,
        mut limits: Limits,
    ) -> Result<Arc<Cell>> {
        if let Some((budget, own)) = self.budget {
            let bounds = limits.bounds();
            let shared = Shared { budget, most: bounds.bytes };
            let bounds = Bounds { bytes: own.min(bounds.bytes), ..bounds };
            limits = Limits::sharing(bounds, shared);
        }
        let cell = Cell::starting(mailboxes, about, stop_order, limits);
        node.reserve(&cell)?;
        if let Some(shortcut) = self.shortcut {
            node.add_shortcut(&cell, shortcut);
        }
        Ok(cell)
    }
}

/// Addresses that are reserved and not yet reachable. Dropped early, it frees them.
pub(super) struct Starting<'a> {
    pub(super) node: &'a Arc<Node>,
    pub(super) cell: Arc<Cell>,
    /// Others have the code: it is at rest in the cell, or in a task of its own.
    pub(super) is_reachable: bool,
}

impl Starting<'_> {
    /// The start was in vain, and the code has been dropped.
    pub(super) fn over(self) -> Arc<Cell> {
        Arc::clone(&self.cell)
    }

    /// The worker is reachable.
    pub(super) fn reachable(mut self) -> Arc<Cell> {
        self.is_reachable = true;
        Arc::clone(&self.cell)
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        // Whoever has a reachable worker killed is told by its task that the code was dropped.
        if self.is_reachable {
            return;
        }
        self.node.end(&self.cell, DeadLetterReason::Stopped);
        #[cfg(feature = "std")]
        crate::run::task::let_go(&self.cell);
    }
}
