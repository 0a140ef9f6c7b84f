//! Connecting to one of several addresses, as RFC 8305 ("Happy Eyeballs") describes it.
//!
//! It owns the order of the addresses and when the next one is tried. It refuses to know sockets.

use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use tokio::time::{Sleep, sleep};

/// How long an attempt may take until the next address is tried beside it: the value that RFC 8305
/// recommends.
pub(crate) const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Why each of the addresses failed, in the order of their failures.
pub(crate) type Failures = Vec<(SocketAddr, io::Error)>;

/// Calls `connect` with one address after the other, each [`ATTEMPT_DELAY`] after the one before or
/// as soon as one has failed, and returns the first success. The other attempts are dropped.
pub(crate) async fn race<T, F: Future<Output = io::Result<T>>>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> Result<T, Failures> {
    let mut race = Race {
        connect,
        waiting: interleave(addresses),
        attempts: Vec::new(),
        failures: Vec::new(),
        delay: Box::pin(sleep(ATTEMPT_DELAY)),
    };
    poll_fn(|cx| race.poll(cx)).await
}

struct Race<F, C> {
    connect: C,
    waiting: VecDeque<SocketAddr>,
    attempts: Vec<(SocketAddr, Pin<Box<F>>)>,
    failures: Failures,
    /// Ends when the next address is due.
    delay: Pin<Box<Sleep>>,
}

impl<T, F: Future<Output = io::Result<T>>, C: Fn(SocketAddr) -> F> Race<F, C> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<T, Failures>> {
        loop {
            let failed = self.failures.len();
            if let Some(winner) = self.poll_attempts(cx) {
                return Poll::Ready(Ok(winner));
            }
            if self.waiting.is_empty() && self.attempts.is_empty() {
                return Poll::Ready(Err(core::mem::take(&mut self.failures)));
            }
            let failed = self.failures.len() > failed;
            if self.waiting.is_empty() || !(self.is_due(cx) || failed || self.attempts.is_empty()) {
                return Poll::Pending;
            }
            self.start_next();
        }
    }

    fn poll_attempts(&mut self, cx: &mut Context<'_>) -> Option<T> {
        let mut winner = None;
        let failures = &mut self.failures;
        self.attempts.retain_mut(|(address, attempt)| match attempt.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(connected)) => {
                winner.get_or_insert(connected);
                false
            }
            Poll::Ready(Err(error)) => {
                failures.push((*address, error));
                false
            }
        });
        winner
    }

    fn is_due(&mut self, cx: &mut Context<'_>) -> bool {
        self.delay.as_mut().poll(cx).is_ready()
    }

    fn start_next(&mut self) {
        if let Some(address) = self.waiting.pop_front() {
            self.attempts.push((address, Box::pin((self.connect)(address))));
            self.delay.set(sleep(ATTEMPT_DELAY));
        }
    }
}

/// Orders addresses so that the two families alternate, beginning with the family of the first.
/// Within a family the order stays: the system has sorted them.
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv6) else {
        return VecDeque::new();
    };
    let (ours, others): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
    let mut ordered = VecDeque::new();
    loop {
        let pair = [ours.next(), others.next()];
        if pair == [None, None] {
            return ordered;
        }
        ordered.extend(pair.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::cell::RefCell;
    use core::future::pending;
    use tokio::time::Instant;

    /// What becomes of an attempt.
    #[derive(Clone, Copy)]
    enum Fate {
        Silent,
        Refused,
        Answers(u64),
    }

    fn address(number: usize) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 4000 + number as u16))
    }

    /// Races addresses with the given fates; returns who won or failed, and when each was tried.
    async fn run(fates: &[Fate]) -> (Result<usize, Vec<usize>>, Vec<u64>) {
        let begun = Instant::now();
        let tried = RefCell::new(Vec::new());
        let outcome = race((0..fates.len()).map(address).collect(), |address| {
            tried.borrow_mut().push(begun.elapsed().as_millis() as u64);
            let number = usize::from(address.port() - 4000);
            let fate = fates[number];
            async move {
                match fate {
                    Fate::Silent => pending().await,
                    Fate::Refused => Err(io::ErrorKind::ConnectionRefused.into()),
                    Fate::Answers(after) => {
                        sleep(Duration::from_millis(after)).await;
                        Ok(number)
                    }
                }
            }
        });
        let numbers = |failures: Failures| {
            failures.iter().map(|(address, _)| usize::from(address.port() - 4000)).collect()
        };
        (outcome.await.map_err(numbers), tried.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn behind_a_silent_address_the_next_one_is_tried_after_the_delay() {
        assert_eq!(run(&[Fate::Silent, Fate::Answers(0)]).await, (Ok(1), vec![0, 250]));
        let silent = [Fate::Silent, Fate::Silent, Fate::Silent, Fate::Answers(10)];
        assert_eq!(run(&silent).await, (Ok(3), vec![0, 250, 500, 750]));
    }

    #[tokio::test(start_paused = true)]
    async fn behind_an_address_that_fails_the_next_one_is_tried_at_once() {
        let refused = [Fate::Refused, Fate::Refused, Fate::Answers(0), Fate::Answers(0)];
        assert_eq!(run(&refused).await, (Ok(2), vec![0, 0, 0]));
        let mixed = [Fate::Silent, Fate::Refused, Fate::Answers(0)];
        assert_eq!(run(&mixed).await, (Ok(2), vec![0, 250, 250]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_address_still_wins_beside_others() {
        assert_eq!(run(&[Fate::Answers(400), Fate::Silent]).await, (Ok(0), vec![0, 250]));
        assert_eq!(run(&[Fate::Answers(249), Fate::Answers(0)]).await, (Ok(0), vec![0]));
    }

    #[tokio::test(start_paused = true)]
    async fn all_failures_are_told() {
        assert_eq!(run(&[Fate::Refused, Fate::Refused]).await, (Err(vec![0, 1]), vec![0, 0]));
        assert_eq!(run(&[]).await, (Err(vec![]), vec![]));
    }

    #[test]
    fn the_families_alternate() {
        let parse = |texts: &[&str]| -> Vec<SocketAddr> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        let ordered = parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
        assert_eq!(interleave(given), ordered);
        let one = parse(&["1.1.1.1:1", "2.2.2.2:1"]);
        assert_eq!(interleave(one.clone()), one);
    }
}
