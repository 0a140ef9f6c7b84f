//! Access controls: who may send to whom, and what the sender is told.

use crate::support::{Collector, Hop, collect, collected, node, poll, settle, soon};
use ockam_core::{
    Address, AllIncoming, AllOutgoing, AllowAll, AllowOnwardAddress, AllowOnwardAddresses,
    AllowSourceAddress, AllowSourceAddresses, AnyIncoming, AnyOutgoing, Authorization, DenyAll,
    Error, ErrorKind, IncomingAccessControl, LocalMessage, Mailbox, Mailboxes,
    OutgoingAccessControl, RelayMessage, Result, TransportMessage, allow, deny, encode, route,
};
use ockam_node::{Context, DeadLetterReason, SendError, SendErrorReason, WorkerBuilder};
use std::pin::pin;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};

async fn guarded(
    ctx: &Context,
    incoming: impl IncomingAccessControl,
) -> mpsc::UnboundedReceiver<u32> {
    let (sender, arrived) = mpsc::unbounded_channel();
    ctx.start_worker_with_access_control("guarded", Collector(sender), incoming, AllowAll)
        .await
        .unwrap();
    arrived
}

async fn from(ctx: &Context, address: &str) -> Context {
    ctx.new_detached(address, AllowAll, AllowAll).await.unwrap()
}

fn assert_denied(outcome: Result<()>, source: &str, destination: &str, outgoing: bool) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    let (source, destination) = (Address::from(source), Address::from(destination));
    for part in [source.to_string(), destination.to_string()] {
        assert!(error.to_string().contains(&part), "{error}");
    }
    let error = error.downcast::<SendError>().unwrap();
    assert_eq!(*error.reason(), SendErrorReason::Denied { source, destination, outgoing });
    assert_eq!(error.into_body::<u32>().unwrap(), 7, "it holds the message");
}

#[tokio::test]
async fn the_sender_is_told_when_the_recipient_denies() {
    let ctx = node();
    let mut arrived = guarded(&ctx, DenyAll).await;
    assert_denied(ctx.send("guarded", 7u32).await, "app", "guarded", false);
    let error = ctx.try_send("guarded", 7u32).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(error.into_body::<u32>().unwrap(), 7);
    assert_eq!(ctx.dead_letters().count(DeadLetterReason::Denied), 2);
    ctx.stop_worker("guarded").await.unwrap();
    assert!(collected(&mut arrived).is_empty());
}

#[tokio::test]
async fn the_sender_is_told_when_its_own_rule_denies() {
    let ctx = node();
    let mut arrived = collect::<u32>(&ctx, "open").await;
    let muted = ctx.new_detached("muted", AllowAll, DenyAll).await.unwrap();
    assert_denied(muted.send("open", 7u32).await, "muted", "open", true);
    ctx.stop_worker("open").await.unwrap();
    assert!(collected(&mut arrived).is_empty());
}

#[tokio::test]
async fn only_the_sources_that_are_allowed_come_in() {
    let ctx = node();
    let mut arrived = guarded(&ctx, AllowSourceAddress("friend".into())).await;
    from(&ctx, "friend").await.send("guarded", 1u32).await.unwrap();
    assert_denied(
        from(&ctx, "stranger").await.send("guarded", 7u32).await,
        "stranger",
        "guarded",
        false,
    );
    ctx.stop_worker("guarded").await.unwrap();
    assert_eq!(collected(&mut arrived), [1]);

    let mut arrived = guarded(&ctx, AllowSourceAddresses::new(["a", "b"])).await;
    for (number, source) in (1u32..).zip(["a", "b"]) {
        from(&ctx, source).await.send("guarded", number).await.unwrap();
    }
    assert_denied(from(&ctx, "c").await.send("guarded", 7u32).await, "c", "guarded", false);
    ctx.stop_worker("guarded").await.unwrap();
    assert_eq!(collected(&mut arrived), [1, 2]);
}

#[tokio::test]
async fn a_spoofed_return_route_opens_no_door() {
    let ctx = node();
    let mut arrived = guarded(&ctx, AllowSourceAddress("friend".into())).await;
    let _friend = from(&ctx, "friend").await;
    let payload = encode(&7u32).unwrap();
    for spoofed in [route!["friend"], route!["friend", "friend"], route![]] {
        let message = TransportMessage::new(route!["guarded"], spoofed, payload.clone());
        let outcome = ctx.forward(LocalMessage::from(message)).await;
        assert_denied(outcome, "app", "guarded", false);
    }
    ctx.stop_worker("guarded").await.unwrap();
    assert!(collected(&mut arrived).is_empty());
}

#[tokio::test]
async fn an_honest_return_route_of_another_keeps_no_door_shut() {
    let ctx = node();
    let mut arrived = guarded(&ctx, AllowSourceAddress("hop".into())).await;
    ctx.start_worker("hop", Hop).await.unwrap();
    ctx.send(route!["hop", "guarded"], 1u32).await.unwrap();
    assert_eq!(soon(arrived.recv()).await, Some(1));
    assert_denied(ctx.send("guarded", 7u32).await, "app", "guarded", false);
}

#[tokio::test]
async fn only_the_recipients_that_are_allowed_are_reached() {
    let ctx = node();
    let (mut a, mut b) = (collect::<u32>(&ctx, "a").await, collect::<u32>(&ctx, "b").await);
    let only_a = AllowOnwardAddress("a".into());
    let one = ctx.new_detached("one", AllowAll, only_a).await.unwrap();
    one.send("a", 1u32).await.unwrap();
    assert_denied(one.send("b", 7u32).await, "one", "b", true);
    let both = AllowOnwardAddresses::new(["a", "b"]);
    let two = ctx.new_detached("two", AllowAll, both).await.unwrap();
    two.send("a", 2u32).await.unwrap();
    two.send("b", 2u32).await.unwrap();
    assert_denied(two.send("app", 7u32).await, "two", "app", true);
    for address in ["a", "b"] {
        ctx.stop_worker(address).await.unwrap();
    }
    assert_eq!((collected(&mut a), collected(&mut b)), (vec![1, 2], vec![2]));
}

/// A rule that answers later: as soon as the test lets it, and then this.
#[derive(Clone, Debug)]
struct Later(Arc<Semaphore>, Option<bool>);

impl Later {
    fn new(answer: Option<bool>) -> Self {
        Later(Arc::new(Semaphore::new(0)), answer)
    }

    fn at_once(answer: bool) -> Self {
        Later(Arc::new(Semaphore::new(1_000_000)), Some(answer))
    }

    fn answer(&self) -> Authorization<'_> {
        Authorization::Later(Box::pin(async move {
            self.0.acquire().await.unwrap().forget();
            self.1.ok_or_else(|| Error::with_kind(ErrorKind::Application, "it cannot be told"))
        }))
    }
}

impl IncomingAccessControl for Later {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

impl OutgoingAccessControl for Later {
    fn is_authorized<'a>(&'a self, _: RelayMessage<'a>) -> Authorization<'a> {
        self.answer()
    }
}

#[tokio::test]
async fn a_rule_that_takes_its_time_is_waited_for() {
    for (answer, arrives) in [(Some(true), true), (Some(false), false), (None, false)] {
        let ctx = node();
        let rule = Later::new(answer);
        let mut arrived = guarded(&ctx, rule.clone()).await;
        let mut send = pin!(ctx.send("guarded", 7u32));
        assert!(poll(send.as_mut()).is_pending());
        settle().await;
        assert!(poll(send.as_mut()).is_pending());
        assert!(collected(&mut arrived).is_empty());
        rule.0.add_permits(1);
        match soon(send).await {
            Ok(()) => assert!(arrives),
            outcome => {
                assert!(!arrives);
                assert_denied(outcome, "app", "guarded", false);
            }
        }
        ctx.stop_worker("guarded").await.unwrap();
        assert_eq!(collected(&mut arrived).len(), usize::from(arrives));
    }
}

#[tokio::test]
async fn a_rule_of_the_sender_that_takes_its_time_is_waited_for() {
    for answer in [true, false] {
        let ctx = node();
        let mut arrived = collect::<u32>(&ctx, "open").await;
        let sender = ctx.new_detached("slow", AllowAll, Later::at_once(answer)).await.unwrap();
        let outcome = soon(sender.send("open", 7u32)).await;
        if answer {
            outcome.unwrap()
        } else {
            assert_denied(outcome, "slow", "open", true)
        }
        ctx.stop_worker("open").await.unwrap();
        assert_eq!(collected(&mut arrived).len(), usize::from(answer));
    }
}

#[tokio::test]
async fn the_answer_to_an_ask_passes_a_slow_rule_of_its_worker_too() {
    for answer in [true, false] {
        let ctx = node();
        let echoer = WorkerBuilder::new(crate::support::Echoer);
        let mailbox = Mailbox::new("echoer", AllowAll, Later::at_once(answer));
        echoer.with_mailboxes(mailbox).start(&ctx).await.unwrap();
        let ask = ctx.send_and_receive::<String>("echoer", "Hello".to_string());
        match soon(ask).await {
            Ok(text) => assert!(answer && text == "Hello"),
            Err(error) => assert!(!answer && error.kind() == ErrorKind::Failed, "{error}"),
        }
    }
}

#[tokio::test]
async fn try_send_does_not_wait_for_a_slow_rule_and_gives_the_message_back() {
    let ctx = node();
    let _arrived = guarded(&ctx, Later::at_once(true)).await;
    let error = ctx.try_send("guarded", 7u32).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Full);
    assert_eq!(error.into_body::<u32>().unwrap(), 7);
}

#[tokio::test]
async fn messages_that_a_slow_rule_lets_in_stay_in_order() {
    let ctx = node();
    let mut arrived = guarded(&ctx, Later::at_once(true)).await;
    for number in 0..500u32 {
        ctx.send("guarded", number).await.unwrap();
    }
    ctx.stop_worker("guarded").await.unwrap();
    assert!(collected(&mut arrived).into_iter().eq(0..500));
}

/// Sends one number to a worker with a rule, and tells whether it came in.
async fn comes_in(rule: impl IncomingAccessControl) -> bool {
    let ctx = node();
    let mut arrived = guarded(&ctx, rule).await;
    let sent = soon(ctx.send("guarded", 7u32)).await.is_ok();
    ctx.stop_worker("guarded").await.unwrap();
    assert_eq!(collected(&mut arrived).len(), usize::from(sent));
    sent
}

async fn goes_out(rule: impl OutgoingAccessControl) -> bool {
    let ctx = node();
    let _arrived = collect::<u32>(&ctx, "open").await;
    let sender = ctx.new_detached("sender", AllowAll, rule).await.unwrap();
    soon(sender.send("open", 7u32)).await.is_ok()
}

#[tokio::test]
async fn combinations_decide_over_immediate_and_slow_rules() {
    let app = || AllowSourceAddress("app".into());
    let other = || AllowSourceAddress("other".into());
    let (yes, no) = (|| Later::at_once(true), || Later::at_once(false));
    assert!(comes_in(AllIncoming::new().with(app()).with(yes()).with(allow())).await);
    assert!(!comes_in(AllIncoming::new().with(app()).with(no())).await);
    assert!(!comes_in(AllIncoming::new().with(yes()).with(other())).await);
    assert!(
        !comes_in(AllIncoming::new().with(yes()).with(Later::at_once(true)).with(deny())).await
    );
    assert!(comes_in(AnyIncoming::new().with(other()).with(app())).await);
    assert!(comes_in(AnyIncoming::new().with(other()).with(yes())).await);
    assert!(comes_in(AnyIncoming::new().with(no()).with(app())).await);
    assert!(!comes_in(AnyIncoming::new().with(other()).with(no()).with(deny())).await);
    assert!(!comes_in(AnyIncoming::new()).await);
    assert!(comes_in(AllIncoming::new().with(AnyIncoming::new().with(no()).with(app()))).await);

    let open = || AllowOnwardAddress("open".into());
    assert!(goes_out(AllOutgoing::new().with(open()).with(yes())).await);
    assert!(!goes_out(AllOutgoing::new().with(yes()).with(deny())).await);
    assert!(goes_out(AnyOutgoing::new().with(deny()).with(no()).with(open())).await);
    assert!(!goes_out(AnyOutgoing::new().with(deny()).with(no())).await);
}

#[tokio::test]
async fn every_address_of_a_worker_has_its_own_rules() {
    let ctx = node();
    let (sender, mut arrived) = mpsc::unbounded_channel();
    let public = Mailbox::allow_all("public");
    let private = Mailbox::new("private", AllowSourceAddress("friend".into()), AllowAll);
    let closed = Mailbox::deny_all("closed");
    WorkerBuilder::new(Collector::<u32>(sender))
        .with_mailboxes(Mailboxes::new(public, vec![private, closed]))
        .start(&ctx)
        .await
        .unwrap();
    let friend = from(&ctx, "friend").await;
    ctx.send("public", 1u32).await.unwrap();
    friend.send("private", 2u32).await.unwrap();
    assert_denied(ctx.send("private", 7u32).await, "app", "private", false);
    assert_denied(friend.send("closed", 7u32).await, "friend", "closed", false);
    ctx.stop_worker("public").await.unwrap();
    assert_eq!(collected(&mut arrived), [1, 2]);
}
