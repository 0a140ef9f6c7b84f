use ockam::{Context, Result};

#[ockam::node(crate = ::ockam)]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
