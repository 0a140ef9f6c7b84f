//! Two workers on a board: the tutorial's `Echoer`, compiled from the same file as for a server,
//! and the main function as the worker "app".
#![no_std]
#![no_main]

extern crate alloc;

use alloc::string::String;
use board::println;
use embassy_executor::Spawner;
use ockam::{node, Error, ErrorKind, NodeBuilder, Result};

const HELLO: &str = "Hello Ockam!";

mod echoer {
    // A server has these two without asking.
    use alloc::string::String;
    use board::println;

    include!("../../../src/echoer.rs");
}

#[cortex_m_rt::entry]
fn main() -> ! {
    board::start();
    board::run(|spawner| spawner.spawn(app(spawner).expect("it is spawned once")))
}

#[embassy_executor::task]
async fn app(spawner: Spawner) {
    let outcome = talk(spawner).await;
    if let Err(error) = &outcome {
        println!("{error:?}");
    }
    board::exit(outcome.is_ok())
}

async fn talk(spawner: Spawner) -> Result<()> {
    let builder = NodeBuilder::new()
        .with_spawner(spawner.make_send())
        .with_random(board::random);
    let mut node = node(builder.build()?);

    node.start_worker("echoer", echoer::Echoer).await?;
    node.send("echoer", String::from(HELLO)).await?;

    let reply = node.receive::<String>().await?;
    println!("App Received: {reply}");
    if reply.as_str() != HELLO {
        return Err(Error::with_text(ErrorKind::Failed, || {
            "that is not what was said"
        }));
    }
    node.stop().await
}
