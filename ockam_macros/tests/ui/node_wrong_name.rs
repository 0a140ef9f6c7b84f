use ockam::{Context, Result};

#[ockam::node]
async fn start(_ctx: Context) -> Result<()> {
    Ok(())
}

fn main() {}
