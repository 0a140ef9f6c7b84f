//! Bodies on their way between two workers of this node: still of their Rust type.

use crate::sync::Lock;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::any::Any;
use ockam_core::{EncodeError, Message, Payload, TypeName, TypedBody, encode};
use once_cell::race::OnceBox;

/// A body, and its encoding once somebody asked for it.
struct Typed<M> {
    /// Locked only while it is encoded, because `M` need not be `Sync`.
    body: Lock<Option<M>>,
    bytes: OnceBox<Result<Vec<u8>, EncodeError>>,
}

/// Wraps a body for its way to a local worker, without encoding it.
pub(crate) fn payload<M: Message>(body: M) -> Payload {
    Payload::typed(Typed { body: Lock::new(Some(body)), bytes: OnceBox::new() })
}

impl<M: Message> TypedBody for Typed<M> {
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
                Some(body) => encode(body),
                None => self.body.with(|body| body.as_ref().map_or(Ok(Vec::new()), encode)),
            })
        });
        match encoded {
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(error.clone()),
        }
    }
}
