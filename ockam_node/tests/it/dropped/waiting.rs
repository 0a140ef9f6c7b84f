//! Waits: nothing is lost for the next one, and nobody else waits in vain.

use super::{Drops, all_of, at_each_await};
use crate::support::{Echoer, Trace, node, settle, soon};
use ockam_core::AllowAll;
use ockam_node::{Context, DelayedEvent, MessageReceiveOptions};
use std::time::Duration;

/// The ways to receive.
#[derive(Clone, Copy, Debug)]
enum Way {
    Receive,
    WithTimeout,
    WithoutTimeout,
}

impl Way {
    async fn receive(self, ctx: &mut Context) -> u32 {
        let options = MessageReceiveOptions::new();
        let received = match self {
            Way::Receive => ctx.receive::<u32>().await,
            Way::WithTimeout => {
                ctx.receive_extended(options.with_timeout(Duration::from_secs(20))).await
            }
            Way::WithoutTimeout => ctx.receive_extended(options.without_timeout()).await,
        };
        received.unwrap().body()
    }
}

#[tokio::test]
async fn a_receive_that_is_dropped_loses_no_message() {
    for way in [Way::Receive, Way::WithTimeout, Way::WithoutTimeout] {
        at_each_await(2, async |drops: Drops| {
            let mut ctx = node();
            let handle = ctx.handle();
            let mut inbox = ctx.new_detached("inbox", AllowAll, AllowAll).await.unwrap();
            let everything = all_of(&ctx);
            let sending = tokio::spawn(async move {
                settle().await;
                for number in 0..3u32 {
                    handle.send("inbox", number).await.unwrap();
                }
            });
            let received = soon(drops.run(way.receive(&mut inbox))).await;
            soon(sending).await.unwrap();
            let mut numbers = Vec::from_iter(received);
            while let Some(number) = inbox.try_receive::<u32>().unwrap() {
                numbers.push(number.body());
            }
            assert_eq!(numbers, [0, 1, 2], "{way:?} {drops:?}");
            assert_eq!(all_of(&ctx), everything);
            // The context is not counted as idle nor as busy for ever.
            drop(inbox);
            soon(ctx.stop()).await.unwrap();
            received.is_some()
        })
        .await;
    }
}

#[tokio::test]
async fn a_wait_for_a_worker_that_is_dropped_leaves_the_others_waiting_and_woken() {
    at_each_await(2, async |drops: Drops| {
        let ctx = node();
        let other = tokio::spawn({
            let handle = ctx.handle();
            async move { handle.wait_for("late").await }
        });
        let starting = tokio::spawn({
            let handle = ctx.handle();
            async move {
                settle().await;
                handle.start_worker("late", Echoer).await
            }
        });
        let arrived = soon(drops.run(ctx.wait_for("late"))).await;
        soon(starting).await.unwrap().unwrap();
        soon(other).await.unwrap().unwrap();
        arrived.transpose().unwrap().is_some()
    })
    .await;
}

#[tokio::test]
async fn a_wait_for_the_stop_that_is_dropped_leaves_the_others_waiting_and_woken() {
    for for_begin in [false, true] {
        at_each_await(2, async |drops: Drops| {
            let ctx = node();
            let wait = async |handle: ockam_node::Handle| match for_begin {
                true => handle.stopping().await,
                false => handle.stopped().await,
            };
            let trace = Trace::new();
            let other = tokio::spawn({
                let (handle, trace) = (ctx.handle(), trace.clone());
                async move {
                    if for_begin {
                        handle.stopping().await
                    } else {
                        handle.stopped().await
                    }
                    trace.add("told");
                }
            });
            let stopping = tokio::spawn({
                let handle = ctx.handle();
                async move {
                    settle().await;
                    handle.stop().await
                }
            });
            let told = soon(drops.run(wait(ctx.handle()))).await;
            soon(stopping).await.unwrap().unwrap();
            soon(other).await.unwrap();
            told.is_some()
        })
        .await;
    }
}

#[tokio::test]
async fn a_wait_for_a_dead_letter_that_is_dropped_loses_none() {
    at_each_await(2, async |drops: Drops| {
        let ctx = node();
        let mut letters = ctx.dead_letters().subscribe();
        let mut others = ctx.dead_letters().subscribe();
        let sending = tokio::spawn({
            let handle = ctx.handle();
            async move {
                settle().await;
                for name in ["nobody", "none"] {
                    handle.send(name, 1u8).await.unwrap_err();
                }
            }
        });
        let first = soon(drops.run(letters.next())).await;
        let is_done = first.is_some();
        let first = match first {
            Some(letter) => letter,
            None => soon(letters.next()).await,
        };
        let names = [first, soon(letters.next()).await];
        let names = names.map(|letter| letter.unwrap().onward_route.to_string());
        assert_eq!(names, ["0#nobody", "0#none"]);
        assert_eq!(letters.missed(), 0);
        soon(sending).await.unwrap();
        assert!(soon(others.next()).await.is_some());
        is_done
    })
    .await;
}

/// Notes that it was dropped.
struct Noted(Trace);

impl Drop for Noted {
    fn drop(&mut self) {
        self.0.add("drop");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limited_wait_that_is_dropped_drops_what_it_waits_for() {
    at_each_await(2, async |drops: Drops| {
        let (ctx, trace) = (node(), Trace::new());
        let noted = Noted(trace.clone());
        let waits = async {
            let _noted = noted;
            ctx.sleep(Duration::from_secs(60)).await;
        };
        let waited = drops.run(ctx.within(Duration::from_secs(30), waits)).await;
        assert_eq!(trace.count("drop"), 1);
        match waited {
            Some(over) => over.is_none(),
            None => false,
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_delayed_event_is_scheduled_at_the_first_poll_and_outlives_it() {
    at_each_await(1, async |drops: Drops| {
        let mut ctx = node();
        let mut event = DelayedEvent::create(&ctx, "app", 7u8).await.unwrap();
        event.schedule(Duration::from_secs(1)).await.unwrap();
        let scheduled = drops.run(event.schedule(Duration::from_secs(5))).await;
        let is_done = scheduled.transpose().unwrap().is_some();
        let begun = tokio::time::Instant::now();
        assert_eq!(ctx.receive::<u8>().await.unwrap().body(), 7);
        // Dropped before it was polled, what was scheduled before is due.
        let seconds = if is_done { 5 } else { 1 };
        assert_eq!(begun.elapsed().as_secs(), seconds);
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(ctx.try_receive::<u8>().unwrap().is_none());
        is_done
    })
    .await;
}
