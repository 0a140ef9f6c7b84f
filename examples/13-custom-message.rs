// examples/13-custom-message.rs
// This node sends messages of a type of its own.
//
// Run it with: cargo run --example 13-custom-message

use ockam::{node, Context, Message, Result, Routed, Worker};
use serde::{Deserialize, Serialize};

// Every type that serde can write and read is a message. `Message` adds nothing to it: it makes
// the compiler check here, and not at the first `send`, that the type is one.
#[derive(Debug, Serialize, Deserialize, Message)]
enum Order {
    Buy { item: String, amount: u32 },
    Cancel,
}

#[derive(Debug, Serialize, Deserialize, Message)]
struct Receipt {
    number: u32,
    text: String,
}

/// Takes orders and answers with receipts: a reply may be of another type than the question.
struct Shop {
    receipts: u32,
}

#[ockam::worker]
impl Worker for Shop {
    type Context = Context;
    type Message = Order;

    async fn handle_message(&mut self, ctx: &mut Context, msg: Routed<Order>) -> Result<()> {
        println!("Address: {}, Received: {:?}", ctx.address(), msg);

        // `body` takes the order out, which is the end of `msg`.
        let return_route = msg.return_route();
        let text = match msg.body() {
            Order::Buy { item, amount } => format!("{} x {}", amount, item),
            Order::Cancel => "nothing".to_string(),
        };
        self.receipts += 1;
        let number = self.receipts;
        ctx.send(return_route, Receipt { number, text }).await
    }
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.start_worker("shop", Shop { receipts: 0 }).await?;

    let item = "tea".to_string();
    for order in [Order::Buy { item, amount: 3 }, Order::Cancel] {
        let receipt: Receipt = node.send_and_receive("shop", order).await?;
        println!("App Received: {:?}", receipt);
    }

    node.stop().await
}
