use ockam::{Context, Result};

#[ockam::node(crat = "::ockam")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
