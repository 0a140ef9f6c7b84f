//! The way that the program asked for, beside the one that the responder's messages have shown.
//!
//! What the responder sends passes relays by. So the way that it shows names connections of the nodes
//! between, behind the initiator's own, and when one of those is made again it leads nowhere: messages
//! are dropped further away, and nobody is told. The way that was asked for names the relay, which
//! knows the new connection. So while nothing confirms the known way, messages go along both; the
//! receiver takes one of two copies, and its answer shows the new way.
//!
//! Only an initiator whose route had a relay has such a way. All others are asked nothing here, and
//! look at no clock.

use crate::sync::Lock;
use core::time::Duration;
use ockam_core::Route;
use ockam_node::Instant;

/// How long the way to the responder is trusted after a message has come from there: what an
/// initiator sends later also goes along the way that the program asked for, if that is another.
pub const WAY_TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How many messages in a row go along both ways. Those behind them go along the way that the
/// program asked for alone, until something has come from the responder.
pub const MAX_DOUBLED: usize = 32;

/// The way that was asked for, if it may count.
#[derive(Default)]
pub(super) struct AskedWay(Lock<Option<Asked>>);

struct Asked {
    route: Route,
    /// When the known way was confirmed.
    confirmed: Instant,
    /// How many messages went along both ways since then.
    doubled: usize,
}

/// Along which ways a message goes.
pub(super) enum Ways {
    Known,
    Both(Route),
    Asked(Route),
}

impl Asked {
    fn is_in_doubt(&self) -> bool {
        self.confirmed.elapsed() >= WAY_TRUSTED_FOR
    }

    fn next(&mut self) -> Ways {
        if self.doubled == MAX_DOUBLED {
            return Ways::Asked(self.route.clone());
        }
        self.doubled += 1;
        Ways::Both(self.route.clone())
    }
}

impl AskedWay {
    /// Sets the way, when the known one was just learnt too.
    pub(super) fn set(&self, route: Option<Route>) {
        let asked = route.map(|route| Asked { route, confirmed: Instant::now(), doubled: 0 });
        self.0.with(|known| *known = asked);
    }

    pub(super) fn is_set(&self) -> bool {
        self.0.with(|asked| asked.is_some())
    }

    /// Takes note that a message has come along the known way.
    pub(super) fn confirm(&self) {
        self.0.with(|asked| {
            if let Some(asked) = asked {
                (asked.confirmed, asked.doubled) = (Instant::now(), 0);
            }
        });
    }

    /// Tells whether the known way alone may not do.
    pub(super) fn is_in_doubt(&self) -> bool {
        self.0.with(|asked| asked.as_ref().is_some_and(Asked::is_in_doubt))
    }

    /// Decides about the next message.
    pub(super) fn ways(&self, known: &Route) -> Ways {
        self.0.with(|asked| match asked {
            Some(asked) if asked.is_in_doubt() && asked.route != *known => asked.next(),
            _ => Ways::Known,
        })
    }
}

/// Makes the way that was asked for of the route to the listener: the responder's address takes
/// the listener's place. `None` if that is the known way.
pub(super) fn asked_way(mut route: Route, known: &Route) -> Option<Route> {
    route.pop_back();
    route.push_back(known.last()?.clone());
    (route != *known && route.validate().is_ok()).then_some(route)
}
