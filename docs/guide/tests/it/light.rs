use ockam::{Context, ErrorKind, MessageSendReceiveOptions, Result, Routed, Worker, route};
use ockam_transport_memory::{LinkOptions, Network, simulate};
use std::time::{Duration, Instant};

/// A light with a switch: `true` is on. It answers with what it was before.
struct Light(bool);

#[ockam::worker]
impl Worker for Light {
    type Context = Context;
    type Message = bool;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<bool>) -> Result<()> {
        let before = std::mem::replace(&mut self.0, *msg);
        ctx.send(msg.return_route(), before).await
    }
}

#[ockam::test(timeout = 5000)]
async fn a_light_remembers(ctx: &mut Context) -> Result<()> {
    ctx.start_worker("light", Light(false)).await?;
    assert!(!ctx.send_and_receive::<bool>("light", true).await?);
    assert!(ctx.send_and_receive::<bool>("light", true).await?);
    Ok(())
}

#[test]
fn a_light_is_switched_over_a_bad_radio() -> Result<()> {
    let begun = Instant::now();
    simulate(async {
        let ms = Duration::from_millis;
        let network = Network::new(7); // the seed: the same losses and delays in each run
        let (home, phone) = (network.node("home")?, network.node("phone")?);
        let radio = LinkOptions::new().with_loss(0.3).with_delay(ms(1)..ms(50));
        let (to_home, _) = network.link(&phone, &home, radio).await?;
        home.start_worker("light", Light(false)).await?;
        home.flow_controls().add_consumer("light", home.flow_control_id());

        // Switching on twice does no harm, so the phone may try again until there is an answer.
        let switch_on = || {
            let options = MessageSendReceiveOptions::new().with_timeout(ms(500));
            phone.send_and_receive_extended::<bool>(route![&to_home, "light"], true, options)
        };
        for _ in 0..20 {
            while switch_on().await.is_err() {}
        }
        assert!(network.counters().lost > 0);

        // A broken link: 30 seconds, on the clock of the simulation.
        network.partition(&to_home);
        let ask = phone.send_and_receive::<bool>(route![&to_home, "light"], false);
        assert_eq!(ask.await.unwrap_err().kind(), ErrorKind::TimedOut);

        // The light is still on.
        network.heal(&to_home);
        let was_on = loop {
            if let Ok(was_on) = switch_on().await {
                break *was_on;
            }
        };
        assert!(was_on);
        Ok::<_, ockam::Error>(())
    })?;
    assert!(begun.elapsed() < Duration::from_secs(20));
    Ok(())
}
