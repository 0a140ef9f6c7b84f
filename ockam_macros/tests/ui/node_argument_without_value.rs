use ockam::{Context, Result};

#[ockam::node(crate)]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
