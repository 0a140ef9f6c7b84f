use ockam::{Context, Result};

#[ockam::node]
async unsafe fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
