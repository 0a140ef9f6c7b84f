//! How much the mailbox of one worker may hold, and where beyond its bound from.
//!
//! Most workers of a node have the same limits. They are shared, since a million idle workers would
//! pay for a copy each. On boards they are one number, and a copy is less than a pointer to it.

use super::Bounds;
#[cfg(feature = "std")]
use super::Shared;
#[cfg(feature = "std")]
use alloc::sync::Arc;

#[cfg(feature = "std")]
#[derive(Clone)]
pub(crate) struct Limits(Arc<Limited>);

#[cfg(feature = "std")]
struct Limited {
    bounds: Bounds,
    /// What the mailbox may hold beyond its own bound in bytes.
    shared: Option<Shared>,
}

#[cfg(not(feature = "std"))]
#[derive(Clone)]
pub(crate) struct Limits(Bounds);

impl From<Bounds> for Limits {
    fn from(bounds: Bounds) -> Self {
        #[cfg(feature = "std")]
        let bounds = Arc::new(Limited { bounds: bounds.at_least_one(), shared: None });
        #[cfg(not(feature = "std"))]
        let bounds = bounds.at_least_one();
        Limits(bounds)
    }
}

#[cfg(feature = "std")]
impl Limits {
    /// Those of a mailbox that has a part of a budget.
    pub(crate) fn sharing(bounds: Bounds, shared: Shared) -> Self {
        Limits(Arc::new(Limited { bounds: bounds.at_least_one(), shared: Some(shared) }))
    }

    #[inline]
    pub(crate) fn bounds(&self) -> Bounds {
        self.0.bounds
    }

    pub(crate) fn shared(&self) -> Option<&Shared> {
        self.0.shared.as_ref()
    }
}

#[cfg(not(feature = "std"))]
impl Limits {
    #[inline]
    pub(crate) fn bounds(&self) -> Bounds {
        self.0
    }
}
