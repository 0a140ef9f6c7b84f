use ockam::{Context, Result};

#[ockam::test(crate = ::ockam)]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
