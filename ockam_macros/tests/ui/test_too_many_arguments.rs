use ockam::{Context, Result};

#[ockam::test]
async fn case(_ctx: &mut Context, _count: u8) -> Result<()> {
    Ok(())
}

fn main() {}
