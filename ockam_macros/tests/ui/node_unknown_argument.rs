use ockam::{Context, Result};

#[ockam::node(workers = 4)]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
