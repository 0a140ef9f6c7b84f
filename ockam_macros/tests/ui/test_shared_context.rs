use ockam::{Context, Result};

#[ockam::test]
async fn case(_ctx: &Context) -> Result<()> {
    Ok(())
}

fn main() {}
