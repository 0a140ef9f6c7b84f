use ockam::{Context, Result};

#[ockam::test(workers = 4)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
