//! Wakers that panic, as those of a third-party executor may: all other tasks are still woken, and
//! no worker of the link ends.

use crate::support::{Nowhere, node, soon};
use embedded_io_async::{ErrorType, Read};
use ockam_core::route;
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use std::convert::Infallible;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake};

/// A waker that notes that it was called, and then panics if its executor is broken.
#[derive(Default)]
struct Noted {
    woken: AtomicBool,
    broken: bool,
}

impl Noted {
    fn broken() -> Arc<Self> {
        Arc::new(Noted { broken: true, ..Noted::default() })
    }

    fn is_woken(&self) -> bool {
        self.woken.load(Ordering::SeqCst)
    }
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        assert!(!self.broken, "a waker of the tests is broken");
    }
}

/// Polls a future with a waker. It has to wait.
fn begin<F: Future>(future: Pin<&mut F>, waker: Arc<Noted>) {
    let waker = waker.into();
    assert!(future.poll(&mut Context::from_waker(&waker)).is_pending());
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// A port with nothing to read.
struct Silent;

impl ErrorType for Silent {
    type Error = Infallible;
}

impl Read for Silent {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize, Infallible> {
        pending().await
    }
}

#[tokio::test]
async fn a_waiter_hears_of_the_end_beside_a_waker_that_panics() {
    let ctx = node().await;
    let (link, pump) = SerialLink::start(&ctx, SerialLinkOptions::new()).await.unwrap();
    let noted = Arc::new(Noted::default());
    let [mut before, mut waiter, mut after] = [(); 3].map(|()| Box::pin(link.ended()));
    begin(before.as_mut(), Noted::broken());
    begin(waiter.as_mut(), Arc::clone(&noted));
    begin(after.as_mut(), Noted::broken());
    let end = catch_unwind(AssertUnwindSafe(|| drop(pump)));
    assert!(noted.is_woken(), "it sleeps for good");
    assert!(end.is_ok(), "the panic went on where the link ended");
    for ended in [before, waiter, after] {
        assert!(soon(ended).await.contains("the pump"));
    }
}

#[tokio::test]
async fn a_worker_of_a_link_goes_on_beside_a_pump_whose_waker_panics() {
    let ctx = node().await;
    let (link, pump) = SerialLink::start(&ctx, SerialLinkOptions::new()).await.unwrap();
    let mut pump = pin!(pump.run(Silent, Nowhere));
    let broken = Noted::broken();
    begin(pump.as_mut(), Arc::clone(&broken));
    // The worker wakes the pump, whose task never runs again. A later poll finds the frame.
    ctx.send(route![&link, "far"], "Hello".to_string()).await.unwrap();
    soon(until(|| broken.is_woken())).await;
    ctx.send(route![&link, "far"], "again".to_string()).await.unwrap();
    tokio::select! {
        outcome = pump => panic!("the link has ended: {outcome:?}"),
        () = soon(until(|| link.statistics().sent == 2)) => {}
    }
}
