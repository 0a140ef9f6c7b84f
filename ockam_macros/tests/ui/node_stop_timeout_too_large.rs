use ockam::{Context, Result};

#[ockam::node(stop_timeout = "99999999999999999h")]
async fn main(_ctx: Context) -> Result<()> {
    Ok(())
}
