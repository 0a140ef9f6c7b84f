use ockam::{Context, Result};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Reading {
    celsius: f32,
}

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    ctx.send("display", Reading { celsius: 21.5 }).await
}
