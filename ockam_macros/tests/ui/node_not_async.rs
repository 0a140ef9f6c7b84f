use ockam::{Context, Result};

#[ockam::node]
fn main(mut ctx: Context) -> Result<()> {
    ctx.stop().await
}
