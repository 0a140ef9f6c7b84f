use ockam::{Context, Result};

#[ockam::test(timeout = 100_000_000_000_000_000_000)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
