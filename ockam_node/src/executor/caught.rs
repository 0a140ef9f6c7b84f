//! Panics of the program's code, caught where the node calls it.
//!
//! It owns the two calls that the node makes of such code, a function and a future, and turning a
//! panic into its text, whatever the panic carries. It refuses to know what is called. Without
//! `std` there is no unwinding, and nothing here is part of the program.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::any::Any;
use core::fmt;
use core::future::Future;
use core::mem;
use core::panic::AssertUnwindSafe;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use std::panic::catch_unwind;

/// A panic that was caught: its text. One word, since every call returns it or nothing.
#[derive(Debug, PartialEq)]
pub(crate) struct Panic(Box<Text>);

#[derive(Debug, PartialEq)]
struct Text(String);

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.0)
    }
}

/// Where the future of a call stands while it is polled. It is pinned there by the caller, because
/// a future is large and moving it would copy it.
pub(crate) type Frame<F> = Option<F>;

/// Puts the future of a call into its frame.
#[inline]
pub(crate) fn frame<F: Future>(future: F) -> Frame<F> {
    Some(future)
}

/// A future of the program's that is polled. A panic in it, and in its drop, goes no further.
pub(crate) struct Call<'a, F> {
    slot: Pin<&'a mut Frame<F>>,
}

impl<'a, F: Future> Call<'a, F> {
    #[inline]
    pub(crate) fn new(slot: Pin<&'a mut Frame<F>>) -> Self {
        Call { slot }
    }

    /// Polls it. An error is the panic.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<F::Output, Panic>> {
        let Some(future) = self.slot.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(caught(panic))),
        }
    }

    /// The future has come to its end or has panicked: an `async` block has nothing left to drop.
    #[inline]
    pub(crate) fn over(self) {
        mem::forget(self);
    }

    /// Drops the future where it waits. An error is a panic in its drop.
    pub(crate) fn abandon(mut self) -> Result<(), Panic> {
        let dropped = catch_call(|| self.slot.set(None));
        self.over();
        dropped
    }
}

impl<F> Drop for Call<'_, F> {
    #[cold]
    fn drop(&mut self) {
        if let Err(panic) = catch_call(|| self.slot.set(None)) {
            crate::panic_log::drop_panicked(&panic);
        }
    }
}

/// Awaits an `async` block of the program's and turns a panic in it into an error.
#[inline]
pub(crate) fn catch<F: Future>(slot: Pin<&mut Frame<F>>) -> Catch<'_, F> {
    Catch { slot, waits: false }
}

/// A future by hand: every message is handled in one, and few wait.
pub(crate) struct Catch<'a, F> {
    slot: Pin<&'a mut Frame<F>>,
    /// It has begun and is not over: it is dropped where it waits, if it is.
    waits: bool,
}

impl<F: Future> Future for Catch<'_, F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut call = Call::new(self.slot.as_mut());
        let polled = call.poll(cx);
        call.over();
        self.waits = polled.is_pending();
        polled
    }
}

impl<F> Drop for Catch<'_, F> {
    #[inline]
    fn drop(&mut self) {
        if self.waits {
            drop(Call { slot: self.slot.as_mut() });
        }
    }
}

/// As [`catch`], for any future: a panic in its drop is one of the call as well.
pub(crate) async fn catch_future<F: Future>(future: F) -> Result<F::Output, Panic> {
    // Awaited, it is dropped with its last poll.
    let whole = async |future: F| future.await;
    catch(pin!(frame(whole(future)))).await
}

/// Calls code of the program and turns a panic in it into an error.
///
/// It must not be called while a lock is held: the code may do anything.
#[inline]
pub(crate) fn catch_call<R>(call: impl FnOnce() -> R) -> Result<R, Panic> {
    catch_unwind(AssertUnwindSafe(call)).map_err(caught)
}

/// Tells whether the calling thread unwinds from a panic.
pub(crate) fn is_unwinding() -> bool {
    std::thread::panicking()
}

#[cold]
fn caught(panic: Box<dyn Any + Send>) -> Panic {
    let text = match (panic.downcast_ref::<&'static str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_string(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a text".to_string(),
    };
    // What a panic carries is the program's, and its drop may panic as well.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // A third one ends here: what it carries is not dropped.
        mem::forget(again);
    }
    Panic(Box::new(Text(text)))
}

#[cfg(test)]
mod tests {
    use super::catch_call;
    use std::panic::panic_any;

    struct Payload;

    impl Drop for Payload {
        fn drop(&mut self) {
            panic_any(Payload);
        }
    }

    #[test]
    fn the_text_of_a_panic_is_kept_and_a_payload_that_panics_in_its_drop_is_caught() {
        let text = |call: fn()| catch_call(call).unwrap_err().to_string();
        assert_eq!(catch_call(|| 7), Ok(7));
        assert_eq!(text(|| panic!("static")), "static");
        assert_eq!(text(|| panic!("made of {}", 1)), "made of 1");
        assert_eq!(text(|| panic_any(Payload)), "a panic without a text");
    }
}
