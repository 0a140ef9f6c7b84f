use ockam::{Context, Result};

#[ockam::node]
#[tokio::main]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
