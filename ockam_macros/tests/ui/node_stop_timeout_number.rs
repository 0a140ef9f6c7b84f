use ockam::{Context, Result};

#[ockam::node(stop_timeout = 30)]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
