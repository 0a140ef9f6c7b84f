//! A board and a computer that trust each other, and a relay between them that neither trusts.

use crate::board::{firmware, Board};
use ockam::workers::Relay;
use ockam::{
    route, Context, Error, NodeBuilder, Result, Route, Routed, TcpConnectionOptions,
    TcpListenerOptions, TcpTransport, Worker,
};
use ockam_identity::{
    Identifier, Identities, SecureChannelListenerOptions, SecureChannelPeer, TrustIdentifierPolicy,
};
use ockam_transport_serial::{SerialLink, SerialLinkOptions};
use provisioning::{identity_of, BOARD, COLLECTOR};
use std::path::PathBuf;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::mpsc::{channel, Receiver, Sender};
use tokio::time::timeout;
use workers::{Command, Reading};

/// How long the whole session may take on a machine that is very busy.
const LONGEST: Duration = Duration::from_secs(300);

/// The secret key of the computer, of this test.
const KEY: [u8; 32] = [0xc0; 32];

const READINGS: u32 = 50;

/// More instructions than a handshake takes on the board is an error.
const MOST_INSTRUCTIONS: u64 = 18_000_000;

/// What a reading came with: who sent it, if that was proved, and the way back.
type Signed = (Reading, Option<Identifier>, Route);

/// Passes readings on to the test.
struct Collector(Sender<Signed>);

#[ockam::worker]
impl Worker for Collector {
    type Context = Context;
    type Message = Reading;

    async fn handle_message(&mut self, _: &mut Context, msg: Routed<Reading>) -> Result<()> {
        let peer = msg.find_local_info::<SecureChannelPeer>();
        let peer = peer.map(|peer| *peer.identifier());
        let route = msg.return_route();
        // Whoever does not keep up misses some.
        drop(self.0.try_send((msg.body(), peer, route)));
        Ok(())
    }
}

/// Makes the computer's node, and returns where it listens.
async fn computer(ctx: &Context, readings: Sender<Signed>) -> Result<String> {
    let identities = Identities::in_memory();
    let own = identity_of(&identities, KEY).await?;
    assert_eq!(own, COLLECTOR.into(), "the board trusts another: {own:?}");
    let tcp = TcpTransport::create(ctx).unwrap();
    let listener = tcp.listen("127.0.0.1:0", TcpListenerOptions::new()).await?;
    let options = SecureChannelListenerOptions::new()
        .as_consumer(listener.flow_control_id().clone())
        .with_trust_policy(TrustIdentifierPolicy::new(BOARD.into()));
    let flow = options.spawner_flow_control_id();
    identities
        .create_secure_channel_listener(ctx, &own, "channels", options)
        .await?;
    ctx.start_worker("collector", Collector(readings)).await?;
    ctx.flow_controls().add_consumer("collector", &flow);
    Ok(listener.socket_address().to_string())
}

/// Makes the relay's node between the serial port and the computer. It has no identity.
async fn relay(ctx: &Context, port: UnixStream, computer: String) -> Result<SerialLink> {
    let tcp = TcpTransport::create(ctx).unwrap();
    let connection = tcp.connect(computer, TcpConnectionOptions::new()).await?;
    ctx.start_worker("uplink", Relay::new(route![connection.address().clone()]))
        .await?;
    // The board does not wait: what it may reach is said before the link is there.
    let flow = ctx.flow_controls().generate_flow_control_id();
    ctx.flow_controls().add_consumer("uplink", &flow);
    let options = SerialLinkOptions::new().with_flow_control_id(flow);
    SerialLink::over(ctx, port, options).await
}

/// Returns the number before a word in a line that the board printed.
fn printed(text: &str, before: &str, after: &str) -> u64 {
    let number = text
        .lines()
        .find_map(|line| line.strip_prefix(before)?.strip_suffix(after));
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("the board did not print it: {text}"))
}

/// Waits for the next reading, or for the end of a board that cannot go on.
async fn next(board: &mut Board, readings: &mut Receiver<Signed>) -> Signed {
    tokio::select! {
        reading = readings.recv() => reading.expect("the collector lives"),
        (_, printed) = board.ended() => panic!("the board has ended: {printed}"),
    }
}

async fn session(firmware: PathBuf) -> Result<()> {
    let (mut here, mut between) = (NodeBuilder::new().build()?, NodeBuilder::new().build()?);
    let (sender, mut readings) = channel(1000);
    let address = computer(&here, sender).await?;
    // One instruction counts as one nanosecond.
    let (mut board, port) = Board::start(&firmware, &["-icount", "shift=0"]).await;
    let link = relay(&between, port, address).await?;

    // What arrives through the channel was sent by the board and by nobody else.
    let (_, peer, back) = next(&mut board, &mut readings).await;
    assert_eq!(peer, Some(BOARD.into()));

    // Commands go the other way, and the board does what this computer says.
    let control: Route = back.iter().take(1).cloned().collect::<Vec<_>>().into();
    let often = Command::MeasureEvery { millis: 10 };
    here.send_and_receive::<()>(route![control.clone(), "control"], often)
        .await?;
    for _ in 0..READINGS {
        let (_, peer, _) = next(&mut board, &mut readings).await;
        assert_eq!(peer, Some(BOARD.into()));
    }

    // The relay, which trusts nobody and is trusted by nobody, commands in vain.
    let forged = Command::MeasureEvery { millis: 60_000 };
    between.send(route![&link, "control"], forged).await?;
    for _ in 0..READINGS {
        next(&mut board, &mut readings).await;
    }

    here.send(route![control, "control"], Command::Off).await?;
    let text = board.end().await;
    let instructions = printed(&text, "handshake: ", " instructions");
    println!("{text}");
    assert!(instructions < MOST_INSTRUCTIONS, "{instructions}");
    between.stop().await?;
    here.stop().await
}

#[test]
fn a_board_proves_who_it_is_through_a_relay_that_nobody_trusts() -> Result<(), Error> {
    let Some(firmware) = firmware("secure-sensor") else {
        return Ok(());
    };
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async { timeout(LONGEST, session(firmware)).await.expect("it hangs") })
}
