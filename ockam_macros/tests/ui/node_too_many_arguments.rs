use ockam::{Context, Result};

#[ockam::node]
async fn main(_ctx: Context, _words: Vec<String>, _more: u8) -> Result<()> {
    Ok(())
}
