//! The connections of a listener: how many there may be, and which of them ends for one more.
//!
//! A peer that vanished leaves its connection behind, and a stranger can open as many as it likes.
//! So a new connection is always accepted, and one that was silent ends instead. A connection has
//! *proved* itself once a message of its peer was delivered. One that has not, however many
//! there are, never ends one that has:
//!
//! ```text
//!                       permits left                   ──> nobody ends
//!   one is accepted ──┤ enough unproved connections    ──> the quietest of them ends
//!                       almost all have proved         ──> nobody ends: one of the newcomer permits
//!   one proves itself ── more than the limit have      ──> the quietest of the others that have ends
//! ```
//!
//! It refuses to know frames and sockets.

use crate::limits::newcomer_places;
use crate::link::Link;
use core::future::{Future, poll_fn};
use core::net::{IpAddr, Ipv6Addr, SocketAddr};
use core::pin::pin;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::task::Poll;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use tokio::sync::Notify;
use tokio::time::Instant;

/// Why a connection ended for another one.
pub(crate) const LOST_ITS_PERMIT: &str =
    "all places of the listener were taken, and it had sent no message for longest";

/// The permits of one listener.
pub(crate) struct Permits {
    listener: SocketAddr,
    limit: usize,
    /// What the times of the connections count from.
    since: Instant,
    displaced: AtomicU64,
    table: Mutex<PermitTable>,
}

#[derive(Default)]
struct PermitTable {
    holders: BTreeMap<u64, Arc<Holder>>,
    next: u64,
    /// How many of them have proved themselves.
    proved: usize,
}

/// One connection.
struct Holder {
    network: IpAddr,
    /// It is written under the table's lock only.
    proved: AtomicBool,
    /// When the last message arrived, or else the connection, in nanoseconds.
    heard: AtomicU64,
    link: OnceLock<Weak<Link>>,
    is_lost: AtomicBool,
    lost: Notify,
}

/// The permit of a connection; it is given back when this is dropped.
pub(crate) struct Permit {
    permits: Arc<Permits>,
    number: u64,
    holder: Arc<Holder>,
}

impl Permits {
    /// Makes room for at least one connection.
    pub(crate) fn new(listener: SocketAddr, limit: usize) -> Arc<Self> {
        Arc::new(Permits {
            listener,
            limit: limit.max(1),
            since: Instant::now(),
            displaced: AtomicU64::new(0),
            table: Mutex::default(),
        })
    }

    /// Counts the connections that have a permit.
    pub(crate) fn count(&self) -> usize {
        self.table().holders.len()
    }

    /// Counts the connections that ended for another one.
    pub(crate) fn displaced(&self) -> u64 {
        self.displaced.load(Ordering::Relaxed)
    }

    /// Gives a new connection a permit, for which another may lose its own.
    pub(crate) fn take(self: &Arc<Self>, peer: IpAddr) -> Permit {
        let holder = Arc::new(Holder {
            network: network(peer),
            proved: AtomicBool::new(false),
            heard: AtomicU64::new(self.now()),
            link: OnceLock::new(),
            is_lost: AtomicBool::new(false),
            lost: Notify::new(),
        });
        let mut table = self.table();
        let unproved = table.holders.len() - table.proved;
        let is_full = table.holders.len() >= self.limit && unproved >= newcomer_places(self.limit);
        let quietest = if is_full { table.quietest(false, &holder) } else { None };
        let lost = quietest.and_then(|number| table.remove(number));
        let number = table.next;
        table.next += 1;
        table.holders.insert(number, Arc::clone(&holder));
        drop(table);
        self.displace(lost);
        Permit { permits: Arc::clone(self), number, holder }
    }

    /// A connection has proved itself.
    #[cold]
    fn prove(&self, permit: &Permit) {
        let mut table = self.table();
        // It may have lost its permit in the meantime.
        if !table.holders.contains_key(&permit.number)
            || permit.holder.proved.load(Ordering::Relaxed)
        {
            return;
        }
        permit.holder.proved.store(true, Ordering::Relaxed);
        table.proved += 1;
        let is_full = table.proved > self.limit;
        let quietest = if is_full { table.quietest(true, &permit.holder) } else { None };
        let lost = quietest.and_then(|number| table.remove(number));
        drop(table);
        self.displace(lost);
    }

    /// Ends a connection. The log is told of the first one.
    fn displace(&self, lost: Option<Arc<Holder>>) {
        let Some(holder) = lost else { return };
        if let Some(link) = holder.link.get().and_then(Weak::upgrade) {
            if self.displaced.fetch_add(1, Ordering::Relaxed) == 0 {
                tracing::warn!(
                    listener = %self.listener, limit = self.limit, connection = %link,
                    "{LOST_ITS_PERMIT}: it ends for another one; later ones are counted"
                );
            }
            link.break_off(LOST_ITS_PERMIT);
        }
        holder.is_lost.store(true, Ordering::SeqCst);
        holder.lost.notify_one();
    }

    fn now(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn table(&self) -> MutexGuard<'_, PermitTable> {
        // Nothing panics under this lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PermitTable {
    fn remove(&mut self, number: u64) -> Option<Arc<Holder>> {
        let holder = self.holders.remove(&number)?;
        self.proved -= usize::from(holder.proved.load(Ordering::Relaxed));
        Some(holder)
    }

    /// Finds the connection from which no message came for longest, among those that have proved
    /// themselves or those that have not: of all, or of those from the newcomer's network if
    /// that has more than half of them, so that it takes no permits of others.
    fn quietest(&self, proved: bool, newcomer: &Arc<Holder>) -> Option<u64> {
        let (mut of_all, mut own, mut count, mut owned) = (None, None, 0, 0);
        for (number, holder) in &self.holders {
            if holder.proved.load(Ordering::Relaxed) != proved || Arc::ptr_eq(holder, newcomer) {
                continue;
            }
            count += 1;
            let found = (holder.heard.load(Ordering::Relaxed), *number);
            let is_quieter = |than: Option<(u64, u64)>| than.is_none_or(|than| found < than);
            if is_quieter(of_all) {
                of_all = Some(found);
            }
            if holder.network == newcomer.network {
                owned += 1;
                if is_quieter(own) {
                    own = Some(found);
                }
            }
        }
        let quietest = if 2 * owned > count { own } else { of_all };
        quietest.map(|(_, number)| number)
    }
}

impl Permit {
    /// Says which connection ends when the permit is lost.
    pub(crate) fn attach(&self, link: &Arc<Link>) {
        // It is said once.
        let _ = self.holder.link.set(Arc::downgrade(link));
    }

    /// A message has arrived and was delivered.
    pub(crate) fn heard(&self) {
        self.holder.heard.store(self.permits.now(), Ordering::Relaxed);
        if !self.holder.proved.load(Ordering::Relaxed) {
            self.permits.prove(self);
        }
    }

    /// Waits for a future, but no longer than until the permit is lost. Tells whether it is.
    pub(crate) async fn is_lost_before(
        permit: Option<&Permit>,
        future: impl Future<Output = ()>,
    ) -> bool {
        let Some(permit) = permit else {
            future.await;
            return false;
        };
        let (mut future, mut lost) = (pin!(future), pin!(permit.holder.lost.notified()));
        poll_fn(|cx| {
            // It notifies once, and there may be more than one wait behind it.
            let is_lost =
                lost.as_mut().poll(cx).is_ready() || permit.holder.is_lost.load(Ordering::SeqCst);
            if is_lost { Poll::Ready(true) } else { future.as_mut().poll(cx).map(|()| false) }
        })
        .await
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.permits.table().remove(self.number);
    }
}

/// Returns what a host can be told by: its address, or of version 6 the part that its network gives
/// it, since it chooses the rest itself.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(address) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: [u8; 4] = [127, 0, 0, 1];

    fn permits(limit: usize) -> Arc<Permits> {
        Permits::new(SocketAddr::from((HERE, 4000)), limit)
    }

    fn take(permits: &Arc<Permits>, host: u8) -> Permit {
        permits.take(IpAddr::from([10, 0, 0, host]))
    }

    fn is_lost(permit: &Permit) -> bool {
        !permit.permits.table().holders.contains_key(&permit.number)
    }

    #[tokio::test(start_paused = true)]
    async fn the_places_are_never_more_than_the_limit_and_those_for_newcomers() {
        for limit in [0, 1, 2, 16, 33] {
            let (permits, mut held) = (permits(limit), Vec::new());
            for round in 0..200_u8 {
                held.push(take(&permits, round));
                if round % 3 == 0 {
                    held.iter().rev().take(2).for_each(Permit::heard);
                }
                let (most, table) = (limit.max(1) + newcomer_places(limit), permits.table());
                assert!(table.holders.len() <= most && table.proved <= limit.max(1));
                let proved = table.holders.values().filter(|s| s.proved.load(Ordering::Relaxed));
                assert_eq!(proved.count(), table.proved);
            }
            drop(held);
            assert_eq!((permits.count(), permits.table().proved), (0, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_network_with_more_than_half_of_the_places_gives_up_its_own() {
        let permits = permits(8);
        let honest: Vec<_> = (0..3).map(|_| take(&permits, 1)).collect();
        tokio::time::advance(core::time::Duration::from_secs(1)).await;
        let mut many: Vec<_> = (0..5).map(|_| take(&permits, 2)).collect();
        honest.iter().chain(&many).for_each(Permit::heard);
        for _ in 0..20 {
            many.push(take(&permits, 2));
            many.iter().for_each(Permit::heard);
        }
        assert!(!honest.iter().any(is_lost));
        // A newcomer from elsewhere takes the permit of the quietest.
        tokio::time::advance(core::time::Duration::from_secs(1)).await;
        many.iter().for_each(Permit::heard);
        take(&permits, 3).heard();
        assert!(is_lost(&honest[0]));
    }

    #[test]
    fn the_network_of_a_host_is_what_it_cannot_choose() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::2:3"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
