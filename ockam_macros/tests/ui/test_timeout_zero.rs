use ockam::{Context, Result};

#[ockam::test(timeout = 0)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
