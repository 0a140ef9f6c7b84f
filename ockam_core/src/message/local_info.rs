//! Facts that local workers attach to a message, for the local workers behind them.

use alloc::boxed::Box;
use core::any::Any;
use core::fmt;

/// Tells one fact about a message, such as which identity a secure channel proved.
///
/// Local info never leaves the node, and a message that arrives from another node has none.
///
/// ```
/// use ockam_core::LocalInfo;
///
/// #[derive(Clone, Debug, PartialEq)]
/// struct ArrivedOver(&'static str);
///
/// let info = LocalInfo::new(ArrivedOver("serial line 1"));
/// assert_eq!(info.downcast_ref(), Some(&ArrivedOver("serial line 1")));
/// ```
pub struct LocalInfo(Box<dyn Fact>);

/// What a fact can do once its type is no longer known.
trait Fact: Any + fmt::Debug + Send + Sync {
    fn clone_boxed(&self) -> Box<dyn Fact>;
}

impl<T: Any + fmt::Debug + Clone + Send + Sync> Fact for T {
    fn clone_boxed(&self) -> Box<dyn Fact> {
        Box::new(self.clone())
    }
}

impl LocalInfo {
    /// Wraps a fact of the program's own type.
    #[must_use]
    pub fn new<T: Any + fmt::Debug + Clone + Send + Sync>(fact: T) -> Self {
        LocalInfo(Box::new(fact))
    }

    /// Returns the fact if it is a `T`.
    #[must_use]
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        let fact: &dyn Any = &*self.0;
        fact.downcast_ref()
    }
}

impl Clone for LocalInfo {
    fn clone(&self) -> Self {
        // Without the reborrow the box itself would be taken for the fact.
        LocalInfo((*self.0).clone_boxed())
    }
}

impl fmt::Debug for LocalInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}
