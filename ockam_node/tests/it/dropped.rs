//! Every future of the public API, dropped at each of its awaits: what is promised then holds, and
//! nothing of the call is left.

mod asking;
mod life;
mod sending;
mod waiting;

use crate::drops::{Drops, all_of, at_each_await};
use ockam_core::{Address, Error, ErrorKind, Resolving, TCP, Transport, TransportType};

/// A transport that takes some turns to find the local worker with the name of the remote one.
#[derive(Debug)]
struct SlowWire;

impl Transport for SlowWire {
    fn transport_type(&self) -> TransportType {
        TCP
    }

    fn resolve<'a>(&'a self, address: &'a Address) -> Resolving<'a> {
        Box::pin(async move {
            turns(2).await;
            match address.address() {
                "" => Err(Error::with_kind(ErrorKind::Io, "there is no such host")),
                name => Ok(Address::from(name)),
            }
        })
    }
}

/// Waits for so many turns of the other tasks.
async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}
