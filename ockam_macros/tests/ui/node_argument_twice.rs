use ockam::{Context, Result};

#[ockam::node(crate = "::ockam", crate = "::ockam")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
