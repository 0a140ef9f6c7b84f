use ockam::{Context, Result};

#[ockam::node(stop_timout = "30s")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
