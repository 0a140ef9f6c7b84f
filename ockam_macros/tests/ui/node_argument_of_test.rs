use ockam::{Context, Result};

#[ockam::node(timeout = 5_000)]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
