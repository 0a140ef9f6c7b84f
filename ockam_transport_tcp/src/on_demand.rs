//! Connections that routes ask for: one for each address, made when it is first needed.
//!
//! It owns which of them there are, and that all who need one at the same time wait for one attempt
//! and get its outcome. A failure is told to those who waited for it and not remembered.

use crate::connection::TcpConnection;
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use ockam_core::{Address, Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// What became of an attempt, for each who waits for it.
type ConnectOutcome = Result<TcpConnection, (ErrorKind, Arc<str>)>;

/// The connections that routes named.
#[derive(Debug, Default)]
pub(crate) struct OnDemand(Mutex<BTreeMap<Address, Entry>>);

#[derive(Debug)]
enum Entry {
    Connecting(watch::Sender<Option<ConnectOutcome>>),
    Connected(TcpConnection),
}

/// What there is for a caller that needs a connection.
enum Found {
    Connected(TcpConnection),
    Waiting(watch::Receiver<Option<ConnectOutcome>>),
    /// Nothing yet: the caller starts the attempt.
    Nothing(Attempt, watch::Receiver<Option<ConnectOutcome>>),
}

/// An attempt under way. Dropped before its end, those who wait for it are told so.
struct Attempt {
    entries: Arc<OnDemand>,
    address: Address,
    outcome: watch::Sender<Option<ConnectOutcome>>,
}

impl OnDemand {
    /// Returns the connection to an address. If there is none, it is made: `dial` gets a socket and
    /// is dropped when no caller waits any more, `open` makes a connection of it.
    ///
    /// # Cancel safety
    /// Dropped, others who wait for the same attempt go on waiting for it.
    pub(crate) async fn connection<S, O>(
        self: &Arc<Self>,
        address: &Address,
        dial: impl Future<Output = Result<S>> + Send + 'static,
        open: impl FnOnce(S) -> O + Send + 'static,
    ) -> Result<TcpConnection>
    where
        S: Send + 'static,
        O: Future<Output = Result<TcpConnection>> + Send + 'static,
    {
        let mut outcome = match self.find(address) {
            Found::Connected(connection) => return Ok(connection),
            Found::Waiting(outcome) => outcome,
            Found::Nothing(attempt, outcome) => {
                // A task of its own: whoever asked first may not be polled for a while, and the
                // others must not wait for that.
                tokio::spawn(attempt.run(dial, open));
                outcome
            }
        };
        match outcome.wait_for(Option::is_some).await.as_deref() {
            Ok(Some(Ok(connection))) => Ok(connection.clone()),
            Ok(Some(Err((kind, text)))) => Err(Error::with_kind(*kind, &**text)),
            Ok(None) | Err(_) => {
                let text = format!("connecting to {} was cut off", address.address());
                Err(Error::with_kind(ErrorKind::Stopped, text))
            }
        }
    }

    fn find(self: &Arc<Self>, address: &Address) -> Found {
        let mut entries = self.lock();
        match entries.get(address) {
            Some(Entry::Connected(connection)) if !connection.has_ended() => {
                return Found::Connected(connection.clone());
            }
            Some(Entry::Connecting(outcome)) => return Found::Waiting(outcome.subscribe()),
            _ => {}
        }
        let (outcome, waiting) = watch::channel(None);
        entries.insert(address.clone(), Entry::Connecting(outcome.clone()));
        let entries = Arc::clone(self);
        Found::Nothing(Attempt { entries, address: address.clone(), outcome }, waiting)
    }

    /// Forgets the connections with the given sender, which have ended.
    pub(crate) fn forget(&self, sender: &Address) {
        self.lock().retain(
            |_, entry| !matches!(entry, Entry::Connected(known) if known.address() == sender),
        );
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Address, Entry>> {
        // Nothing panics under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt {
    async fn run<S, O: Future<Output = Result<TcpConnection>>>(
        self,
        dial: impl Future<Output = Result<S>>,
        open: impl FnOnce(S) -> O,
    ) {
        let dialled = {
            let (mut dial, mut given_up) = (pin!(dial), pin!(self.given_up()));
            poll_fn(|cx| match dial.as_mut().poll(cx) {
                Poll::Ready(dialled) => Poll::Ready(Some(dialled)),
                Poll::Pending => given_up.as_mut().poll(cx).map(|()| None),
            })
            .await
        };
        let connected = match dialled {
            Some(Ok(socket)) => open(socket).await,
            Some(Err(error)) => Err(error),
            None => return,
        };
        self.end(connected);
    }

    /// Waits until no caller waits any more. Then the entry is free for another attempt.
    async fn given_up(&self) {
        loop {
            self.outcome.closed().await;
            // Under the lock there are no new ones.
            let mut entries = self.entries.lock();
            if self.outcome.receiver_count() == 0 {
                entries.remove(&self.address);
                return;
            }
        }
    }

    fn end(self, connected: Result<TcpConnection>) {
        let outcome = connected.map_err(|error| (error.kind(), error.to_string().into()));
        {
            let mut entries = self.entries.lock();
            match &outcome {
                // One that has ended already was forgotten before it was known.
                Ok(connection) if !connection.has_ended() => {
                    entries.insert(self.address.clone(), Entry::Connected(connection.clone()));
                }
                _ => drop(entries.remove(&self.address)),
            }
        }
        self.outcome.send_replace(Some(outcome));
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut entries = self.entries.lock();
        let is_mine = |entry: &Entry| match entry {
            Entry::Connecting(outcome) => outcome.same_channel(&self.outcome),
            Entry::Connected(_) => false,
        };
        if entries.get(&self.address).is_some_and(is_mine) {
            entries.remove(&self.address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::future::{Ready, pending, ready};
    use core::time::Duration;
    use ockam_core::TCP;
    use tokio::sync::oneshot;

    const PATIENCE: Duration = Duration::from_secs(25);

    fn never(_: ()) -> Ready<Result<TcpConnection>> {
        ready(Err(Error::with_kind(ErrorKind::Io, "it is not opened")))
    }

    /// Tells when it is dropped.
    struct Told(Option<oneshot::Sender<()>>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.take().map(|told| told.send(()));
        }
    }

    #[tokio::test]
    async fn an_attempt_that_no_caller_waits_for_ends_and_leaves_nothing() {
        let entries = Arc::new(OnDemand::default());
        let address = Address::from((TCP, "far:4000"));
        let (told, dropped) = oneshot::channel();
        let told = Told(Some(told));
        let dial = async move {
            let _told = told;
            pending::<Result<()>>().await
        };
        let first = tokio::spawn({
            let (entries, address) = (Arc::clone(&entries), address.clone());
            async move { entries.connection(&address, dial, never).await }
        });
        while entries.lock().is_empty() {
            tokio::task::yield_now().await;
        }
        first.abort();
        tokio::time::timeout(PATIENCE, dropped).await.expect("it goes on").unwrap();
        assert!(entries.lock().is_empty());
    }

    #[tokio::test]
    async fn a_failure_is_told_to_those_who_waited_and_forgotten() {
        let entries = Arc::new(OnDemand::default());
        let address = Address::from((TCP, "far:4000"));
        let fails = |why: &'static str| async move {
            tokio::task::yield_now().await;
            Err::<(), _>(Error::with_kind(ErrorKind::TimedOut, why))
        };
        let (first, second) = tokio::join!(
            entries.connection(&address, fails("first"), never),
            entries.connection(&address, fails("second"), never),
        );
        for error in [first.unwrap_err(), second.unwrap_err()] {
            assert_eq!((error.kind(), error.to_string()), (ErrorKind::TimedOut, "first".into()));
        }
        assert!(entries.lock().is_empty());
        let third = entries.connection(&address, fails("third"), never).await;
        assert_eq!(third.unwrap_err().to_string(), "third");
    }

    #[tokio::test]
    async fn an_attempt_that_panics_is_an_error_for_those_who_wait() {
        let entries = Arc::new(OnDemand::default());
        let address = Address::from((TCP, "far:4000"));
        let panics = async { if true { panic!("in an attempt") } else { Ok(()) } };
        let made = tokio::time::timeout(PATIENCE, entries.connection(&address, panics, never));
        assert_eq!(made.await.unwrap().unwrap_err().kind(), ErrorKind::Stopped);
        assert!(entries.lock().is_empty());
    }
}
