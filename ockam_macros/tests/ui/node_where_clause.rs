use ockam::{Context, Result};

#[ockam::node]
async fn main(_ctx: Context) -> Result<()>
where
    u8: Copy,
{
    Ok(())
}
