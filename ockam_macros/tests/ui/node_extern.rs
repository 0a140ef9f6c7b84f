use ockam::{Context, Result};

#[ockam::node]
async extern "C" fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
