use ockam::{Context, Result};

#[ockam::test(timeout = 1, timeout = 2)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
