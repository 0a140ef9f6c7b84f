use ockam::{Context, Result, Routed, Worker};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Reading {
    celsius: f32,
}

struct Display;

#[ockam::worker]
impl Worker for Display {
    type Context = Context;
    type Message = Reading;

    async fn handle_message(&mut self, _ctx: &mut Context, msg: Routed<Reading>) -> Result<()> {
        println!("{}", msg.celsius);
        Ok(())
    }
}

fn main() {}
