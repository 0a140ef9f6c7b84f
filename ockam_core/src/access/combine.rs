//! Rules made of rules.

use super::{Authorization, IncomingAccessControl, OutgoingAccessControl, RelayMessage};
use crate::Result;
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Defines a pair of combinations over one of the two traits.
macro_rules! combinations {
    ($control:ident, $all:ident, $any:ident, $what:literal) => {
        #[doc = concat!("Lets a message ", $what, " if every rule does. No rule lets everything pass.")]
        #[derive(Debug, Default)]
        pub struct $all(Vec<Box<dyn $control>>);

        #[doc = concat!("Lets a message ", $what, " if any rule does. No rule lets nothing pass.")]
        #[derive(Debug, Default)]
        pub struct $any(Vec<Box<dyn $control>>);

        combinations!(@one $control, $all, false);
        combinations!(@one $control, $any, true);
    };
    (@one $control:ident, $name:ident, $decisive:literal) => {
        impl $name {
            /// Starts without a rule.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            /// Adds a rule; rules are asked in the order in which they were added.
            #[must_use]
            pub fn with(mut self, rule: impl $control) -> Self {
                self.0.push(Box::new(rule));
                self
            }
        }

        impl $control for $name {
            fn is_authorized<'a>(&'a self, message: RelayMessage<'a>) -> Authorization<'a> {
                for (index, rule) in self.0.iter().enumerate() {
                    match rule.is_authorized(message) {
                        Authorization::Allowed if $decisive => return Authorization::Allowed,
                        Authorization::Denied if !$decisive => return Authorization::Denied,
                        Authorization::Allowed | Authorization::Denied => {}
                        Authorization::Later(first) => {
                            let rest = &self.0[index + 1..];
                            return Authorization::Later(Box::pin(async move {
                                if first.await? == $decisive {
                                    return Ok($decisive);
                                }
                                for rule in rest {
                                    let answer = answer(rule.is_authorized(message)).await?;
                                    if answer == $decisive {
                                        return Ok($decisive);
                                    }
                                }
                                Ok(!$decisive)
                            }));
                        }
                    }
                }
                (!$decisive).into()
            }
        }
    };
}

combinations!(IncomingAccessControl, AllIncoming, AnyIncoming, "in");
combinations!(OutgoingAccessControl, AllOutgoing, AnyOutgoing, "out");

async fn answer(authorization: Authorization<'_>) -> Result<bool> {
    match authorization {
        Authorization::Allowed => Ok(true),
        Authorization::Denied => Ok(false),
        Authorization::Later(answer) => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use super::{AllIncoming, AnyIncoming};
    use crate::{
        Address, AllowAll, Authorization, DenyAll, IncomingAccessControl, LocalMessage,
        RelayMessage,
    };
    use alloc::boxed::Box;
    use core::future::ready;
    use core::task::{Context, Poll, Waker};

    #[derive(Debug)]
    struct Slow(bool);

    impl IncomingAccessControl for Slow {
        fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
            Authorization::Later(Box::pin(ready(Ok(self.0))))
        }
    }

    fn allows(rule: impl IncomingAccessControl) -> bool {
        let address = Address::from("a");
        let message = LocalMessage::new(Default::default(), Default::default());
        match rule.is_authorized(RelayMessage::new(&address, &address, &message)) {
            Authorization::Allowed => true,
            Authorization::Denied => false,
            Authorization::Later(mut answer) => {
                match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(answer) => answer.unwrap(),
                    Poll::Pending => panic!("the test's rules answer on the first poll"),
                }
            }
        }
    }

    #[test]
    fn all_needs_every_rule_and_any_needs_one() {
        assert!(allows(AllIncoming::new()));
        assert!(allows(AllIncoming::new().with(AllowAll).with(Slow(true)).with(AllowAll)));
        assert!(!allows(AllIncoming::new().with(Slow(true)).with(DenyAll)));
        assert!(!allows(AnyIncoming::new()));
        assert!(allows(AnyIncoming::new().with(DenyAll).with(Slow(false)).with(AllowAll)));
        assert!(!allows(AnyIncoming::new().with(Slow(false)).with(DenyAll)));
    }
}
