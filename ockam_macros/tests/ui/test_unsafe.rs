use ockam::{Context, Result};

#[ockam::test]
async unsafe fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
