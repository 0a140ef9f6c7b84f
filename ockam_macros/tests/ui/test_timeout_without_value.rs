use ockam::{Context, Result};

#[ockam::test(timeout)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
