use ockam::{Context, Result};

#[ockam::test(timeout = -5)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
