use ockam::{Context, Result};

#[ockam::test]
fn case(ctx: &mut Context) -> Result<()> {
    ctx.stop().await
}

fn main() {}
