use ockam::{Context, Result};

#[ockam::test]
async fn case<T: Send>(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
