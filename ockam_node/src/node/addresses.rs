//! The addresses of cells: taking them, freeing them, and what stands under them in other tables.

use super::{APP, Node};
use crate::cell::{Cell, Kind};
#[cfg(feature = "std")]
use crate::delivery::shortcut::{Shortcut, ShortcutEntry};
#[cfg(feature = "std")]
use crate::lifecycle::stop_order::StopOrder;
#[cfg(feature = "std")]
use crate::program::discard;
use crate::table::Refused;
use crate::text::no_memory;
#[cfg(feature = "std")]
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
#[cfg(feature = "std")]
use core::sync::atomic::Ordering;
use ockam_core::{Address, Error, ErrorKind, Result};

impl Node {
    /// Gives a cell its addresses: all of them or none.
    pub(crate) fn reserve(&self, cell: &Arc<Cell>) -> Result<()> {
        #[cfg(feature = "std")]
        if cell.stop_order() != StopOrder::Worker {
            self.carries.store(true, Ordering::Relaxed);
        }
        for address in cell.mailboxes().addresses() {
            let reserved = Self::check_name(address).and_then(|()| {
                let hash = self.workers.hash(address);
                self.workers.insert(hash, address, cell).map_err(|refused| match refused {
                    Refused::Taken(holder) => taken(address, &holder),
                    Refused::NoMemory => no_memory(|| format!("to enter {address} in the table")),
                })
            });
            if let Err(error) = reserved {
                self.release(cell);
                return Err(error);
            }
        }
        // The stop marks the node first and looks for workers then, so one of the two sees this.
        // What ends may still need contexts without a worker.
        let refused = match cell.kind() {
            Kind::Detached => self.stop.is_closed(),
            Kind::Worker | Kind::Processor => self.stop.has_begun(),
        };
        if refused {
            self.release(cell);
            return Err(Error::with_text(ErrorKind::Stopped, || {
                format!("cannot start {}: the node {}", cell.address(), self.stop.progress())
            }));
        }
        Ok(())
    }

    fn check_name(address: &Address) -> Result<()> {
        address.validate().map_err(|error| Error::with_kind(ErrorKind::InvalidInput, error))?;
        if address.is_empty() {
            return Err(Error::with_text(
                ErrorKind::InvalidInput,
                || "the address is empty: a worker needs one, such as \"echoer\"",
            ));
        }
        if !address.is_local() {
            return Err(Error::with_text(ErrorKind::InvalidInput, || {
                format!(
                    "{address} cannot be the address of a worker: its transport type is not 0 \
                     (local)"
                )
            }));
        }
        Ok(())
    }

    /// Tells those who wait for a cell that it is reachable.
    pub(crate) fn arrived(&self, cell: &Cell) {
        tracing::debug!(address = %cell.address(), r#type = %cell.type_name(), "started");
        self.start_waiters.announce(cell.mailboxes());
    }

    /// Takes back the addresses of a cell that has not begun.
    fn release(&self, cell: &Cell) {
        for address in cell.mailboxes().addresses() {
            self.workers.remove(self.workers.hash(address), address, cell);
        }
    }

    /// Frees the addresses of a cell, and ends what stands under them in other tables. Returns the
    /// asks that go over flows which have ended by that.
    ///
    /// Each address once, whoever else ends the cell at the same time: when this returns all are free,
    /// and whatever comes to stand under them is left alone.
    pub(super) fn free(&self, cell: &Cell) -> Vec<Address> {
        let mut asks = Vec::new();
        #[cfg(feature = "std")]
        let mut way = None;
        for address in cell.mailboxes().addresses() {
            let hash = self.workers.hash(address);
            // As long as the cell has the address, what stands under it is its own.
            let ended = self.workers.remove_after(hash, address, cell, || {
                #[cfg(feature = "std")]
                if address == cell.address() {
                    way = self.take_shortcut(cell);
                }
                self.flow_controls.end(address, None)
            });
            if let Some(mut ended) = ended {
                asks.append(&mut ended);
            }
        }
        #[cfg(feature = "std")]
        discard(way);
        asks
    }

    /// Enters the way past the mailbox of a cell, unless the cell has ended.
    #[cfg(feature = "std")]
    pub(crate) fn add_shortcut(&self, cell: &Cell, shortcut: Box<dyn Shortcut>) {
        let address = cell.address();
        let way = Arc::new(ShortcutEntry { address: address.clone(), shortcut });
        self.workers.if_has(self.workers.hash(address), address, cell, || {
            if self.shortcuts.insert(self.shortcuts.hash(address), address, &way).is_ok() {
                cell.set_shortcut(true);
            }
        });
        discard(way);
    }

    /// Forgets the way past the mailbox of a cell, if it has one.
    #[cfg(feature = "std")]
    pub(crate) fn remove_shortcut(&self, cell: &Cell) {
        let (hash, address) = (self.workers.hash(cell.address()), cell.address());
        discard(self.workers.if_has(hash, address, cell, || self.take_shortcut(cell)));
    }

    /// Takes out the way past the mailbox of a cell that has its address, and keeps it meanwhile.
    #[cfg(feature = "std")]
    fn take_shortcut(&self, cell: &Cell) -> Option<Arc<ShortcutEntry>> {
        if !cell.set_shortcut(false) {
            return None;
        }
        let (hash, address) = (self.shortcuts.hash(cell.address()), cell.address());
        let way = self.shortcuts.get(hash, address)?;
        self.shortcuts.remove(hash, address, &way);
        Some(way)
    }
}

fn taken(address: &Address, holder: &Cell) -> Error {
    let advice = match holder.kind() {
        Kind::Detached => "choose another address",
        Kind::Worker | Kind::Processor => "stop it first or choose another address",
    };
    let text = || format!("the address {address} is taken by {}: {advice}", describe(holder));
    Error::with_text(ErrorKind::AlreadyExists, text)
}

fn describe(cell: &Cell) -> String {
    match cell.kind() {
        Kind::Worker => format!("a worker of type `{}`", cell.type_name()),
        Kind::Processor => format!("a processor of type `{}`", cell.type_name()),
        Kind::Detached if cell.address().as_bytes() == APP.as_bytes() => "the main function".into(),
        Kind::Detached => "a context without a worker".into(),
    }
}
