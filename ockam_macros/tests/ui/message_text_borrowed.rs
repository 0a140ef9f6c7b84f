use ockam::{Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    ctx.send("echoer", "Hello Ockam!").await
}
