//! Bodies on their way between two workers of this node: still of their Rust type.

use crate::executor::{Panic, catch_call};
use crate::sync::Lock;
#[cfg(feature = "std")]
use crate::telling::Repeats;
use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::string::String;
use alloc::vec::Vec;
use core::any::{Any, TypeId};
use ockam_core::{EncodeError, Message, NeutralMessage, Payload, TypeName, TypedBody, encode};
use once_cell::race::OnceBox;

/// A body, and its encoding once somebody asked for it.
struct Typed<M> {
    /// Locked only while it is encoded, because `M` need not be `Sync`.
    body: Lock<Option<M>>,
    bytes: OnceBox<Result<Vec<u8>, EncodeError>>,
}

/// Wraps a body for its way to a local worker, without encoding it.
#[inline]
pub(crate) fn payload<M: Message>(body: M) -> Payload {
    // Known when the call is compiled.
    if TypeId::of::<M>() == TypeId::of::<NeutralMessage>() {
        let mut slot = Some(body);
        let neutral = (&mut slot as &mut dyn Any).downcast_mut::<Option<NeutralMessage>>();
        let body = neutral.and_then(Option::take);
        return Payload::typed(Neutral { body, bytes: OnceBox::new() });
    }
    Payload::typed(Typed { body: Lock::new(Some(body)), bytes: OnceBox::new() })
}

/// Returns how many bytes a body holds elsewhere, of the types that are bytes or text. Which type it
/// is, is known when the call is compiled.
#[cfg(feature = "std")]
#[inline]
fn held_len<M: Message>(body: &M) -> usize {
    let body: &dyn Any = body;
    if TypeId::of::<M>() == TypeId::of::<Vec<u8>>() {
        body.downcast_ref::<Vec<u8>>().map_or(0, Vec::len)
    } else if TypeId::of::<M>() == TypeId::of::<String>() {
        body.downcast_ref::<String>().map_or(0, String::len)
    } else {
        0
    }
}

impl<M: Message> TypedBody for Typed<M> {
    #[cfg(feature = "std")]
    #[inline]
    fn held_len(&mut self) -> usize {
        self.body.get_mut().as_ref().map_or(0, held_len)
    }

    fn type_name(&self) -> TypeName {
        TypeName::of::<M>()
    }

    fn take(&mut self, slot: &mut dyn Any) -> bool {
        let Some(slot) = slot.downcast_mut::<Option<M>>() else {
            return false;
        };
        *slot = self.body.get_mut().take();
        slot.is_some()
    }

    fn put(&mut self, slot: &mut dyn Any) {
        if let Some(slot) = slot.downcast_mut::<Option<M>>() {
            *self.body.get_mut() = slot.take();
        }
    }

    fn bytes(&self, taken: Option<&dyn Any>) -> Result<&[u8], EncodeError> {
        let encoded = self.bytes.get_or_init(|| {
            Box::new(match taken.and_then(|body| body.downcast_ref::<M>()) {
                Some(body) => encode_caught(body),
                None => self.body.with(|body| body.as_ref().map_or(Ok(Vec::new()), encode_caught)),
            })
        });
        match encoded {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(error.clone()),
        }
    }
}

/// Encodes a body. A `Serialize` that panics fails for this body, and not for the worker that wants
/// its bytes, such as the sender of a connection that carries the messages of others.
fn encode_caught<M: Message>(body: &M) -> Result<Vec<u8>, EncodeError> {
    catch_call(|| encode(body)).unwrap_or_else(|panic| {
        let body = TypeName::of::<M>();
        encoding_panicked(body, &panic);
        Err(EncodeError::panicked(body))
    })
}

/// Tells the log, once for each type and then at powers of ten: a peer may ask for such a body.
#[cfg(feature = "std")]
#[cold]
fn encoding_panicked(body: TypeName, panic: &Panic) {
    static BODIES: Repeats<&'static str> = Repeats::new();
    if let Some(count) = BODIES.note(body.as_str(), |_| true) {
        tracing::error!(count, %body, %panic, "the `Serialize` of a body panicked");
    } else {
        tracing::debug!(%body, %panic, "the `Serialize` of a body panicked");
    }
}

#[cfg(not(feature = "std"))]
fn encoding_panicked(body: TypeName, panic: &Panic) {
    tracing::error!(%body, %panic, "the `Serialize` of a body panicked");
}

/// A body that no worker has taken is dropped wherever the message is given up: a panic in its drop
/// ends nothing there.
#[cfg(feature = "std")]
impl<M> Drop for Typed<M> {
    #[inline]
    fn drop(&mut self) {
        if core::mem::needs_drop::<M>()
            && let Some(body) = self.body.get_mut().take()
        {
            crate::program::discard(body);
        }
    }
}

/// A body that is bytes already: whoever wants bytes looks at it, and nothing is copied.
struct Neutral {
    body: Option<NeutralMessage>,
    /// A copy, for whoever looks while a worker has the body.
    bytes: OnceBox<Vec<u8>>,
}

impl TypedBody for Neutral {
    #[cfg(feature = "std")]
    #[inline]
    fn held_len(&mut self) -> usize {
        self.body.as_ref().map_or(0, |body| body.len())
    }

    fn type_name(&self) -> TypeName {
        TypeName::of::<NeutralMessage>()
    }

    fn take(&mut self, slot: &mut dyn Any) -> bool {
        let Some(slot) = slot.downcast_mut::<Option<NeutralMessage>>() else {
            return false;
        };
        *slot = self.body.take();
        slot.is_some()
    }

    fn put(&mut self, slot: &mut dyn Any) {
        if let Some(slot) = slot.downcast_mut::<Option<NeutralMessage>>() {
            self.body = slot.take();
        }
    }

    fn bytes(&self, taken: Option<&dyn Any>) -> Result<&[u8], EncodeError> {
        if let Some(body) = &self.body {
            return Ok(body.as_slice());
        }
        let taken = taken.and_then(|body| body.downcast_ref::<NeutralMessage>());
        let copy = || Box::new(taken.map_or_else(Vec::new, |body| body.as_slice().to_vec()));
        Ok(self.bytes.get_or_init(copy))
    }
}
