use ockam::{Context, Result};

#[ockam::node("::ockam")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
