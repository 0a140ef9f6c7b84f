use ockam::{Context, Result};

#[ockam::node]
async fn main(_ctx: &Context) -> Result<()> {
    Ok(())
}
