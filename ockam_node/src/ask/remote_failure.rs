//! The error of an asker whose question has failed on another node.

use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error as StdError;
use core::fmt;
use ockam_core::{Address, Error, FailureNotice, FailureReason, Mismatch, Route};

/// Says what became of a question that was asked on another node: the cause of the error that the
/// asker gets, whose kind is that of the same failure on this node.
///
/// What it says is the word of the other node.
///
/// ```
/// # use ockam_node::RemoteFailure;
/// # fn show(error: ockam_core::Error) {
/// if let Some(failure) = error.downcast_ref::<RemoteFailure>() {
///     println!("{:?} at {}", failure.reason(), failure.route());
/// }
/// # }
/// ```
#[derive(Debug)]
pub struct RemoteFailure {
    reason: FailureReason,
    route: Route,
    asked: Address,
    /// What the first hop of the route leads to.
    over: String,
    text: Option<String>,
    causes: Option<RemoteCause>,
    mismatch: Option<Mismatch>,
}

/// A cause of a [`RemoteFailure`]: its text.
#[derive(Debug)]
struct RemoteCause {
    text: String,
    source: Option<alloc::boxed::Box<RemoteCause>>,
}

impl RemoteFailure {
    /// Makes the asker's error of a notice that came with a return route, for a question whose last
    /// hop was `asked`; `describe` says what a connection leads to.
    pub(crate) fn error(
        notice: FailureNotice,
        route: Route,
        asked: Address,
        describe: impl FnOnce(&Address) -> String,
    ) -> Error {
        let FailureNotice { reason, kind, texts, mismatch } = notice;
        let mut texts = texts.into_iter();
        let text = texts.next();
        let causes = RemoteCause::chain(texts.collect());
        let over = route.first().map(describe).unwrap_or_default();
        Error::with_kind(kind, RemoteFailure { reason, route, asked, over, text, causes, mismatch })
    }

    /// Returns what has happened.
    #[must_use]
    pub fn reason(&self) -> FailureReason {
        self.reason
    }

    /// Returns the route to where it has happened: the connection, perhaps others behind it, and the
    /// worker that failed.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the text of the error, if the other node tells it to this one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Returns the texts of the causes of the error, outermost first, if the other node tells them. They
    /// are the [sources](core::error::Error::source) of this error too.
    pub fn causes(&self) -> impl Iterator<Item = &str> {
        let first = self.causes.as_ref();
        core::iter::successors(first, |above| above.source.as_deref()).map(|cause| &*cause.text)
    }

    /// Returns what the worker expected, if it could not read the body.
    #[must_use]
    pub fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_ref()
    }
}

impl RemoteCause {
    fn chain(texts: Vec<String>) -> Option<Self> {
        texts.into_iter().rev().fold(None, |source, text| {
            Some(RemoteCause { text, source: source.map(alloc::boxed::Box::new) })
        })
    }
}

impl fmt::Display for RemoteFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.route.last().unwrap_or(&self.asked))?;
        if self.route.len() > 1 {
            write!(f, " at the other end of {}", self.over)?;
        }
        match self.reason {
            FailureReason::Failed => f.write_str(" failed to handle the message"),
            FailureReason::Panicked => f.write_str(" panicked"),
            FailureReason::Stopped => f.write_str(" stopped before it handled the message"),
            FailureReason::CutOff => f.write_str(" was killed, or cut off as its node stopped"),
            FailureReason::Full => f.write_str(" had no room for the message for too long"),
            FailureReason::Undecodable => f.write_str(" could not read the body"),
            FailureReason::NotFound => f.write_str(" does not exist"),
            FailureReason::Denied => f.write_str(
                " is not reached from here: it is no consumer of the connection, or its access \
                 control said no",
            ),
            FailureReason::Unsendable => f.write_str(" could not send the message on"),
            reason => write!(f, " failed ({reason:?})"),
        }?;
        match (&self.text, &self.mismatch) {
            (Some(text), _) => write!(f, ": {text}"),
            (None, Some(mismatch)) => write_mismatch(f, mismatch),
            // That is all there is to say.
            (None, None) if matches!(self.reason, FailureReason::NotFound) => Ok(()),
            (None, None) => f.write_str("; the log of that node says why"),
        }
    }
}

fn write_mismatch(f: &mut fmt::Formatter<'_>, mismatch: &Mismatch) -> fmt::Result {
    let Mismatch { expected, len, left_over } = mismatch;
    match left_over {
        Some(left) => write!(f, ": behind a `{expected}`, {left} of its {len} bytes are left over"),
        None => write!(f, ": its {len} bytes are not a `{expected}`"),
    }
}

impl StdError for RemoteFailure {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.causes.as_ref().map(|cause| cause as _)
    }
}

impl fmt::Display for RemoteCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for RemoteCause {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec;
    use ockam_core::{ErrorKind, route};

    fn describe(connection: &Address) -> String {
        format!("the connection to {connection}")
    }

    fn error(reason: FailureReason, texts: &[&str], mismatch: Option<Mismatch>) -> Error {
        let texts = texts.iter().map(|text| text.to_string()).collect();
        let notice = FailureNotice { reason, kind: ErrorKind::Failed, texts, mismatch };
        RemoteFailure::error(notice, route!["link", "echoer"], "echoer".into(), describe)
    }

    #[test]
    fn the_text_names_the_worker_the_connection_and_the_failure() {
        let shown = |error: Error| error.to_string();
        let where_ = "0#echoer at the other end of the connection to 0#link";
        assert_eq!(
            shown(error(FailureReason::Failed, &[], None)),
            format!("{where_} failed to handle the message; the log of that node says why")
        );
        assert_eq!(
            shown(error(FailureReason::Panicked, &["out of tea"], None)),
            format!("{where_} panicked: out of tea")
        );
        let mismatch = Mismatch { expected: "u32".into(), len: 6, left_over: Some(2) };
        assert_eq!(
            shown(error(FailureReason::Undecodable, &[], Some(mismatch))),
            format!(
                "{where_} could not read the body: behind a `u32`, 2 of its 6 bytes are left over"
            )
        );
        let nobody = FailureNotice::new(FailureReason::NotFound, ErrorKind::NotFound);
        let nobody = RemoteFailure::error(nobody, route![], "ecoher".into(), describe);
        assert_eq!(nobody.to_string(), "0#ecoher does not exist");
        assert_eq!(nobody.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn the_causes_are_a_chain_as_on_one_node() {
        let error = error(FailureReason::Failed, &["outer", "middle", "inner"], None);
        let mut chain = vec![];
        let mut next = error.as_error().source();
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        assert!(error.to_string().ends_with(": outer"), "{error}");
        assert_eq!(chain, ["middle", "inner"]);
        assert_eq!(error.downcast_ref::<RemoteFailure>().unwrap().route().len(), 2);
    }
}
