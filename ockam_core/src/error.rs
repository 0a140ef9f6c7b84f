//! The boundary error: one small type for every public call, with a kind to act on and a chain of
//! causes to read.
//!
//! Calls whose callers can act on more than the kind return it with a leaf error inside, which
//! [`Error::downcast`] gives back.

use crate::errcode::{Kind, Origin};
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::error::Error as StdError;
use core::fmt;

/// Tells whether the errors of this program say in words what is wrong: whether the cargo feature
/// `texts` is on, as it always is with `std`.
///
/// Without it [`Error::with_text`], [`Error::with_cause`] and [`Error::context_with`] leave out what
/// they are given, and a leaf error is shown as its kind. The kinds are there either way.
pub const TEXTS: bool = cfg!(feature = "texts");

/// The result of a call that can fail with an [`Error`].
pub type Result<T, E = Error> = core::result::Result<T, E>;

type Cause = Box<dyn StdError + Send + Sync + 'static>;

/// Says what went wrong in a call of this library or in a worker.
///
/// An `Error` is one pointer wide. `?` turns every error of the standard library and of other
/// crates into one, so that worker code needs no conversions:
///
/// ```
/// use ockam_core::{Error, ErrorKind, Result};
///
/// fn port(text: &str) -> Result<u16> {
///     Ok(text.parse::<u16>()?)
/// }
///
/// let error = port("http").unwrap_err().add_context("reading the port");
/// assert_eq!(error.kind(), ErrorKind::Application);
/// assert_eq!(error.to_string(), "reading the port: invalid digit found in string");
/// ```
///
/// Like other boundary error types it does not implement [`core::error::Error`] itself; it
/// converts into `Box<dyn core::error::Error + Send + Sync>` where one is due.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    /// Innermost first; shown outermost first.
    context: Vec<Cow<'static, str>>,
    cause: Cause,
}

/// Sorts errors by what a caller can do about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument is wrong: an empty route, an address that is too long. Change the call.
    InvalidInput,
    /// Nothing is at the address. Start it first, or correct the name.
    NotFound,
    /// The address is taken. Choose another, or stop its holder.
    AlreadyExists,
    /// A body is not of the expected type, or cannot be encoded.
    Encoding,
    /// A bounded resource has no room now. Try again later.
    Full,
    /// The time limit ran out.
    TimedOut,
    /// An access control or a flow control said no.
    Denied,
    /// The worker or the node has stopped or is stopping.
    Stopped,
    /// A worker failed while it did its part.
    Failed,
    /// Code of the program panicked: a worker, and whatever else of the program's the call has
    /// run. The text is that of the panic.
    Panicked,
    /// The operating system or a device said no.
    Io,
    /// The program's own code, or a library that it calls, returned this error.
    Application,
}

/// The cause of an error that has no text.
struct Bare(ErrorKind);

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl StdError for Bare {}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorKind::InvalidInput => "invalid input",
            ErrorKind::NotFound => "not found",
            ErrorKind::AlreadyExists => "already exists",
            ErrorKind::Encoding => "encoding",
            ErrorKind::Full => "full",
            ErrorKind::TimedOut => "timed out",
            ErrorKind::Denied => "denied",
            ErrorKind::Stopped => "stopped",
            ErrorKind::Failed => "failed",
            ErrorKind::Panicked => "panicked",
            ErrorKind::Io => "input or output",
            ErrorKind::Application => "application",
        })
    }
}

impl Error {
    /// Makes an error from the codes of programs of 2023 and later, and a text or another error.
    ///
    /// ```
    /// use ockam_core::errcode::{Kind, Origin};
    /// use ockam_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(Origin::Application, Kind::NotFound, "there is no such file");
    /// assert_eq!(error.kind(), ErrorKind::NotFound);
    /// assert_eq!(error.to_string(), "there is no such file");
    /// ```
    ///
    /// # Compatibility
    /// [`with_kind`](Self::with_kind) does the same with one code, which callers can act on.
    #[must_use]
    pub fn new(origin: Origin, kind: Kind, cause: impl Into<Cause>) -> Self {
        Error::with_kind(error_kind(origin, kind), cause)
    }

    /// As [`new`](Self::new), without more than the codes; its text is `application: not found`.
    #[must_use]
    pub fn new_without_cause(origin: Origin, kind: Kind) -> Self {
        Error::with_text(error_kind(origin, kind), || format!("{origin}: {kind}"))
    }

    /// Makes an error of a kind from a text or from another error.
    #[must_use]
    pub fn with_kind(kind: ErrorKind, cause: impl Into<Cause>) -> Self {
        Error(Box::new(Inner { kind, context: Vec::new(), cause: cause.into() }))
    }

    /// Makes an error of a kind with a text, which is made only in a program whose errors have
    /// them ([`TEXTS`]).
    #[must_use]
    pub fn with_text<T: Into<Cow<'static, str>>>(
        kind: ErrorKind,
        text: impl FnOnce() -> T,
    ) -> Self {
        if TEXTS {
            Error::with_kind(kind, text().into().into_owned())
        } else {
            Error::from_kind(kind)
        }
    }

    /// As [`with_kind`](Self::with_kind), in a program whose errors have texts ([`TEXTS`]). In others the kind
    /// is all that is left of the cause, and what would show it is not part of the program.
    #[must_use]
    pub fn with_cause(kind: ErrorKind, cause: impl Into<Cause>) -> Self {
        if TEXTS { Error::with_kind(kind, cause) } else { Error::from_kind(kind) }
    }

    fn from_kind(kind: ErrorKind) -> Self {
        let cause: Cause = Box::new(Bare(kind));
        Error::with_kind(kind, cause)
    }

    /// Makes an error of the program's own from a text.
    ///
    /// ```
    /// # use ockam_core::{Error, ErrorKind};
    /// assert_eq!(Error::msg("the tank is empty").kind(), ErrorKind::Application);
    /// ```
    #[must_use]
    pub fn msg(text: impl Into<Cow<'static, str>>) -> Self {
        Error::with_kind(ErrorKind::Application, text.into().into_owned())
    }

    /// Returns what a caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Adds what was being done when the error came; the last addition is read first.
    #[must_use]
    pub fn add_context(mut self, doing: impl Into<Cow<'static, str>>) -> Self {
        self.0.context.push(doing.into());
        self
    }

    /// Adds a name and a value, which are read as `name=value`.
    ///
    /// # Compatibility
    /// Programs of 2023 and later say it so. [`add_context`](Self::add_context) takes a sentence.
    #[must_use]
    pub fn context(self, name: &str, value: impl fmt::Display) -> Self {
        self.context_with(|| format!("{name}={value}"))
    }

    /// As [`add_context`](Self::add_context), in a program whose errors have texts ([`TEXTS`]).
    #[must_use]
    pub fn context_with<T: Into<Cow<'static, str>>>(self, doing: impl FnOnce() -> T) -> Self {
        if TEXTS { self.add_context(doing()) } else { self }
    }

    /// Returns the error that this one was made from, without the context.
    #[must_use]
    pub fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0.cause
    }

    /// Returns the cause as an `E`, if it is one.
    #[must_use]
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.cause.downcast_ref()
    }

    /// Takes the cause out as an `E`, or gives the error back.
    ///
    /// # Errors
    /// The unchanged error if its cause is of another type.
    pub fn downcast<E: StdError + 'static>(self) -> core::result::Result<E, Self> {
        let Inner { kind, context, cause } = *self.0;
        match cause.downcast::<E>() {
            Ok(cause) => Ok(*cause),
            Err(cause) => Err(Error(Box::new(Inner { kind, context, cause }))),
        }
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(cause: E) -> Self {
        Error::with_kind(ErrorKind::Application, cause)
    }
}

/// `{}` is the context and the error; `{:#}` adds the causes behind it, on the same line.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for doing in self.0.context.iter().rev() {
            write!(f, "{doing}: ")?;
        }
        fmt::Display::fmt(&self.0.cause, f)?;
        if f.alternate() {
            let mut next = self.0.cause.source();
            while let Some(cause) = next {
                write!(f, ": {cause}")?;
                next = cause.source();
            }
        }
        Ok(())
    }
}

/// Reads like a report, because a `main` that returns an error prints it this way.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut next = self.0.cause.source();
        while let Some(cause) = next {
            write!(f, "\n  because: {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

/// The form of an [`Error`] that implements the standard trait.
struct Boxed(Error);

impl fmt::Display for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Boxed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl StdError for Boxed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.0.cause.source()
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync + 'static> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

impl From<Error> for Box<dyn StdError + 'static> {
    fn from(error: Error) -> Self {
        Box::new(Boxed(error))
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        format!("{error}")
    }
}

/// Returns the kind under which callers see these codes. A code that says nothing about what to do,
/// such as [`Kind::Internal`], is an error of the program's own if it is from there.
fn error_kind(origin: Origin, kind: Kind) -> ErrorKind {
    match kind {
        Kind::Invalid | Kind::Unsupported | Kind::Misuse => ErrorKind::InvalidInput,
        Kind::NotFound => ErrorKind::NotFound,
        Kind::AlreadyExists | Kind::Conflict => ErrorKind::AlreadyExists,
        Kind::ResourceExhausted => ErrorKind::Full,
        Kind::Cancelled | Kind::Shutdown => ErrorKind::Stopped,
        Kind::Timeout => ErrorKind::TimedOut,
        Kind::Serialization | Kind::Parse => ErrorKind::Encoding,
        Kind::Io => ErrorKind::Io,
        Kind::Panic => ErrorKind::Panicked,
        Kind::Unknown | Kind::Internal | Kind::Protocol | Kind::NotReady | Kind::Other => {
            match origin {
                Origin::Application => ErrorKind::Application,
                _ => ErrorKind::Failed,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};
    use crate::errcode::{Kind, Origin};
    use alloc::boxed::Box;
    use alloc::format;

    fn parse_error() -> core::num::ParseIntError {
        "x".parse::<u8>().unwrap_err()
    }

    #[test]
    fn it_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }

    #[test]
    fn context_is_read_outermost_first_and_the_cause_can_be_taken_out() {
        let error = Error::from(parse_error()).add_context("reading").add_context("starting");
        assert_eq!(format!("{error}"), "starting: reading: invalid digit found in string");
        assert!(error.downcast_ref::<core::fmt::Error>().is_none());
        let error = error.downcast::<core::fmt::Error>().unwrap_err();
        assert_eq!(error.downcast::<core::num::ParseIntError>().unwrap(), parse_error());
    }

    #[test]
    fn codes_of_2023_become_kinds_and_texts() {
        let error = Error::new(Origin::Node, Kind::Timeout, parse_error()).context("try", 3);
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert_eq!(format!("{error}"), "try=3: invalid digit found in string");
        assert!(error.downcast::<core::num::ParseIntError>().is_ok());
        let error = Error::new_without_cause(Origin::Application, Kind::Internal);
        assert_eq!(error.kind(), ErrorKind::Application);
        assert_eq!(format!("{error}"), "application: internal");
        let error = Error::new_without_cause(Origin::Vault, Kind::Internal);
        assert_eq!(error.kind(), ErrorKind::Failed);
    }

    #[test]
    fn it_converts_into_a_boxed_standard_error() {
        let error =
            Error::with_kind(ErrorKind::NotFound, "no worker at 0#a").add_context("sending");
        let boxed: Box<dyn core::error::Error + Send + Sync> = error.into();
        assert_eq!(format!("{boxed}"), "sending: no worker at 0#a");
    }
}
