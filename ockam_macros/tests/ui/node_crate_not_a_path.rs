use ockam::{Context, Result};

#[ockam::node(crate = "the facade")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
