use ockam::{Context, Result};

#[ockam::test(timout = 5_000)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
