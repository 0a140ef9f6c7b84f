use ockam::{Context, Result};

#[ockam::node]
async fn main<T: Send>(_ctx: Context) -> Result<()> {
    Ok(())
}
