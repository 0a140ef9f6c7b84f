use ockam::{Context, Result};

#[ockam::test(timeout = "5s")]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
