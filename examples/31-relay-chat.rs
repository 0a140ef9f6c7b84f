// examples/31-relay-chat.rs
// Two people talk to each other. Both are behind firewalls, so each has a relay.
//
// Run the service (cargo run --example 30-relay-service), then, in two more terminals:
//   cargo run --example 31-relay-chat -- alice bob
//   cargo run --example 31-relay-chat -- bob alice
// What you type in one of them is printed in the other.

use ockam::remote::RemoteRelayOptions;
use ockam::tcp::TCP;
use ockam::{node, route, Context, Error, Message, Result, Routed, Worker};
use ockam::{MessageReceiveOptions, Route, TcpTransportExtension};
use serde::{Deserialize, Serialize};
use std::io::BufRead;

const SERVICE: &str = "127.0.0.1:4000";

#[derive(Serialize, Deserialize, Message)]
struct Line {
    from: String,
    text: String,
}

/// Prints what the other one says.
struct Inbox;

#[ockam::worker]
impl Worker for Inbox {
    type Context = Context;
    type Message = Line;

    async fn handle_message(&mut self, _ctx: &mut Context, msg: Routed<Line>) -> Result<()> {
        println!("{}: {}", msg.from, msg.text);
        Ok(())
    }
}

/// Sends what is typed to the other one's inbox.
struct Outbox {
    from: String,
    route: Route,
}

impl Outbox {
    fn new(from: &str, route: Route) -> Self {
        let from = from.to_string();
        Outbox { from, route }
    }
}

#[ockam::worker]
impl Worker for Outbox {
    type Context = Context;
    type Message = String;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<String>) -> Result<()> {
        let line = Line {
            from: self.from.clone(),
            text: msg.body(),
        };
        ctx.send(self.route.clone(), line).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, me, other] = &arguments[..] else {
        return Err(Error::msg(
            "say who you are and whom you want to talk to, such as: alice bob",
        ));
    };

    let mut node = node(ctx);
    node.create_tcp_transport().await?;

    node.start_worker("inbox", Inbox).await?;
    let options = RemoteRelayOptions::new().with_consumer("inbox");
    node.create_static_relay((TCP, SERVICE), me, options)
        .await?;

    // The route names the service by its TCP address: it goes over the connection that is there.
    let route = route![(TCP, SERVICE), format!("forward_to_{other}"), "inbox"];
    node.start_worker("outbox", Outbox::new(me, route)).await?;
    println!("Say something to {other}, and end with Ctrl-D");

    // Reading what is typed blocks, so a thread does it.
    let handle = node.handle();
    std::thread::spawn(move || {
        for text in std::io::stdin().lock().lines().map_while(|line| line.ok()) {
            if let Err(error) = handle.try_send("outbox", text) {
                eprintln!("{error}");
            }
        }
        handle.try_send("app", ())
    });
    let options = MessageReceiveOptions::new().without_timeout();
    node.receive_extended::<()>(options).await?;
    node.stop().await
}
