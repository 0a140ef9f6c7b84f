//! The places where code of the program can panic, and what makes one of them do so, once.
//!
//! A run has one thread, so all of it is local to the thread.

use std::cell::RefCell;
use std::thread::panicking;

/// What every panic says that is injected.
pub(crate) const TEXT: &str = "injected at";

macro_rules! points {
    ($($point:ident: $group:ident),* $(,)?) => {
        /// A place in the code of the program.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Point { $($point),* }

        impl Point {
            pub(crate) const ALL: &[Point] = &[$(Point::$point),*];

            pub(crate) fn group(self) -> Group {
                match self { $(Point::$point => Group::$group),* }
            }
        }
    };
}

/// What a place belongs to, and when it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    /// Called by the node, while it runs.
    Node,
    /// Called for identities and channels, while the nodes run.
    Identities,
    /// Reached as the nodes stop.
    Stopping,
}

// Those that end in `Later` are behind an await.
points! {
    IncomingRule: Node,
    IncomingRuleLater: Node,
    OutgoingRule: Node,
    OutgoingRuleLater: Node,
    DropRule: Node,
    Serialize: Node,
    Deserialize: Node,
    DropBody: Node,
    DropQueuedBody: Node,
    Initialize: Node,
    InitializeLater: Node,
    Handler: Node,
    HandlerLater: Node,
    Closure: Node,
    ClosureLater: Node,
    Shutdown: Node,
    ShutdownLater: Node,
    DropWorker: Node,
    DropHandler: Node,
    ErrorText: Node,
    DropError: Node,
    Shortcut: Node,
    DropShortcut: Node,
    Round: Node,
    RoundLater: Node,
    ProcessorInitialize: Node,
    ProcessorShutdown: Node,
    DropProcessor: Node,
    Resolve: Node,
    ResolveLater: Node,
    RelayRule: Node,
    Random: Node,
    TrustPolicy: Identities,
    TrustPolicyLater: Identities,
    VaultCreateSigningKey: Identities,
    VaultCreateSigningKeyLater: Identities,
    VaultCreateAgreementKey: Identities,
    VaultCreateAgreementKeyLater: Identities,
    VaultSign: Identities,
    VaultSignLater: Identities,
    VaultAgree: Identities,
    VaultAgreeLater: Identities,
    VaultDelete: Identities,
    VaultDeleteLater: Identities,
    StoreAll: Identities,
    StorePut: Identities,
    StoreUpdate: Identities,
    StoreRemove: Identities,
    Clock: Identities,
    Register: Identities,
    ResidentShutdown: Stopping,
    ResidentShutdownLater: Stopping,
    DropResident: Stopping,
    DropResidentRule: Stopping,
    ResidentRoundDropped: Stopping,
    DropPolicy: Stopping,
}

#[derive(Default)]
struct Fuse {
    armed: Option<(Point, usize)>,
    /// How often each place was reached since then.
    passes: Vec<usize>,
    blown: usize,
}

thread_local! {
    static FUSE: RefCell<Fuse> = RefCell::default();
}

/// Lets a place panic when it is reached for the `nth` time from now, or none.
pub(crate) fn arm(what: Option<(Point, usize)>) {
    FUSE.with_borrow_mut(|fuse| {
        *fuse = Fuse { armed: what, passes: vec![0; Point::ALL.len()], blown: 0 };
    });
}

/// Tells how often something has panicked since the fuse was armed.
pub(crate) fn blown() -> usize {
    FUSE.with_borrow(|fuse| fuse.blown)
}

impl Point {
    /// Tells how often the place was reached since the fuse was armed.
    pub(crate) fn passes(self) -> usize {
        FUSE.with_borrow(|fuse| fuse.passes.get(self as usize).copied().unwrap_or(0))
    }

    /// Is reached.
    pub(crate) fn reach(self) {
        let blows = FUSE.with_borrow_mut(|fuse| {
            // A panic in a drop while another one unwinds aborts, whoever catches it.
            let (Some(passes), false) = (fuse.passes.get_mut(self as usize), panicking()) else {
                return false;
            };
            *passes += 1;
            let blows = fuse.armed == Some((self, *passes));
            fuse.blown += usize::from(blows);
            blows
        });
        assert!(!blows, "{TEXT} {self:?}");
    }

    /// Is reached behind an await.
    pub(crate) async fn reach_later(self) {
        tokio::task::yield_now().await;
        self.reach();
    }
}

/// Is reached when it is dropped.
#[derive(Debug)]
pub(crate) struct OnDrop(pub(crate) Point);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.reach();
    }
}
