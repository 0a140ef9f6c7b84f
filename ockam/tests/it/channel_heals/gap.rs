//! What is sent and asked while a channel is made again.

use super::stage::{Stage, ask, is_down, until_state};
use crate::support::ms;
use ockam::ErrorKind;
use ockam::dead_letter::DeadLetterReason;
use ockam::identity::CHANNEL_GAP_LIMIT;
use ockam::link::LinkState;
use ockam_transport_memory::simulate;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_channel_whose_path_was_lost_is_made_again_and_those_who_waited_are_told_at_once() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let address = channel.address().clone();
        let workers = stage.alice_node.list_workers();

        let begun = Instant::now();
        let pending = ask(&stage.alice_node, &channel, "silent", 30 * SECOND);
        let lose = async {
            sleep(ms(10)).await;
            stage.lose(bob)
        };
        let (error, away) = tokio::join!(pending, lose);
        assert_eq!(error.unwrap_err().kind(), ErrorKind::Stopped);
        assert_eq!(begun.elapsed(), ms(10));
        let state = until_state(&channel, is_down).await;
        assert!(matches!(state, LinkState::Connecting { .. }), "{state}");

        sleep(3 * SECOND).await;
        let bob = stage.back(away).await;
        let begun = Instant::now();
        stage.assert_answered(&channel).await;
        assert!(begun.elapsed() <= SECOND, "{:?}", begun.elapsed());
        assert_eq!(channel.state(), LinkState::Up);
        assert_eq!(*channel.address(), address);
        // Only the end of the link is another one.
        assert_eq!(stage.alice_node.list_workers().len(), workers.len());
        // Bob's node has forgotten the old end.
        sleep(SECOND).await;
        let random = bob.node.list_workers().into_iter().filter(|name| name.len() == 32).count();
        assert_eq!(random, 4, "the ends of a link and those of a channel");
    });
}

#[test]
fn what_is_sent_in_a_gap_goes_out_in_order_and_once() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        let mut sent = 0;
        for _ in 0..20 {
            for _ in 0..5 {
                stage.send(&channel, sent).await;
                sent += 1;
            }
            stage.assert_answered(&channel).await;
            let away = stage.lose(bob);
            until_state(&channel, is_down).await;
            for _ in 0..5 {
                stage.send(&channel, sent).await;
                sent += 1;
                sleep(ms(700)).await;
            }
            bob = stage.back(away).await;
        }
        stage.assert_answered(&channel).await;
        for number in 0..sent {
            assert_eq!(bob.recorded.try_recv(), Ok(number));
        }
        assert!(bob.recorded.try_recv().is_err());
    });
}

/// A message that may have left is not sent again, and whoever asked has been told.
#[test]
fn nothing_arrives_twice_however_often_the_path_is_lost() {
    simulate(async {
        let mut stage = Stage::new().await;
        let mut bob = stage.bob().await;
        let channel = stage.channel().await;
        let mut dice = stage.network.dice("losses");
        let (mut seen, mut sent) = (Vec::new(), 0);
        for _ in 0..200 {
            for _ in 0..10 {
                stage.send(&channel, sent).await;
                sent += 1;
                sleep(dice.between(Duration::ZERO, ms(2))).await;
            }
            let away = stage.lose(bob);
            sleep(dice.between(Duration::ZERO, ms(3))).await;
            bob = stage.back(away).await;
            while let Ok(number) = bob.recorded.try_recv() {
                seen.push(number);
            }
        }
        stage.assert_answered(&channel).await;
        while let Ok(number) = bob.recorded.try_recv() {
            seen.push(number);
        }
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
        assert!(seen.len() > 1000, "{} of {sent} have arrived", seen.len());
    });
}

#[test]
fn what_waits_for_too_long_is_a_dead_letter_and_askers_are_told_why() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let channel = stage.channel().await;
        stage.assert_answered(&channel).await;
        let away = stage.lose(bob);
        until_state(&channel, is_down).await;
        let begun = Instant::now();
        for number in 0..3 {
            stage.send(&channel, number).await;
        }
        let error = stage.ask(&channel, 300 * SECOND).await.unwrap_err();
        assert!(begun.elapsed().abs_diff(CHANNEL_GAP_LIMIT) < ms(50), "{:?}", begun.elapsed());
        assert_eq!(error.kind(), ErrorKind::Stopped);
        let (address, peer) = (channel.address(), channel.peer());
        let text = format!("the secure channel {address} with {peer} is down, for 30");
        assert!(error.to_string().starts_with(&text), "{error}");
        assert!(error.to_string().contains(": no node is called `bob`"), "{error}");
        let unsendable = || stage.alice_node.dead_letters().count(DeadLetterReason::Unsendable);
        assert_eq!(unsendable(), 4);
        // From now on nobody waits.
        let begun = Instant::now();
        assert!(stage.ask(&channel, 300 * SECOND).await.is_err());
        stage.send(&channel, 3).await;
        assert!(begun.elapsed() < ms(50));

        sleep(600 * SECOND).await;
        let mut bob = stage.back(away).await;
        let begun = Instant::now();
        until_state(&channel, LinkState::is_up).await;
        assert!(begun.elapsed() <= 15 * SECOND, "{:?}", begun.elapsed());
        stage.assert_answered(&channel).await;
        stage.send(&channel, 4).await;
        assert_eq!(bob.recorded.recv().await, Some(4));
    });
}

#[test]
fn a_channel_and_a_node_that_are_stopped_in_a_gap_end_at_once() {
    simulate(async {
        let mut stage = Stage::new().await;
        let bob = stage.bob().await;
        let before = stage.alice_node.list_workers().len();
        let (first, second) = (stage.channel().await, stage.channel().await);
        stage.assert_answered(&first).await;
        stage.lose(bob);
        until_state(&second, is_down).await;
        stage.send(&first, 1).await;
        let begun = Instant::now();
        let waiting = stage.ask(&first, 30 * SECOND);
        let stop = async {
            sleep(ms(1)).await;
            first.stop(&stage.alice_node).await.unwrap();
        };
        let (error, ()) = tokio::join!(waiting, stop);
        assert!(error.is_err());
        assert!(begun.elapsed() < ms(50), "{:?}", begun.elapsed());
        sleep(ms(10)).await;
        // The link is gone, and of the second channel there are three.
        assert_eq!(stage.alice_node.list_workers().len(), before - 2 + 3);
        assert!(matches!(first.state(), LinkState::Down { .. }));

        stage.send(&second, 1).await;
        let begun = Instant::now();
        stage.alice_node.stop().await.unwrap();
        assert!(begun.elapsed() < ms(50), "{:?}", begun.elapsed());
    });
}
