//! What the node knows about the type behind a cell.

use core::num::NonZeroUsize;
use core::ptr::NonNull;
use ockam_core::TypeName;

/// What a cell holds, for the whole of its life.
pub(crate) struct CellMeta {
    pub(crate) kind: Kind,
    pub(crate) type_name: fn() -> TypeName,
}

/// What a cell belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Worker,
    Processor,
    /// A context without a worker, such as that of the main function.
    Detached,
}

/// Tells one cell from another, as long as both are there: where it is in memory, only compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellId(NonZeroUsize);

impl CellId {
    #[inline]
    pub(crate) fn of<T>(cell: &T) -> Self {
        CellId(NonNull::from(cell).addr())
    }
}
