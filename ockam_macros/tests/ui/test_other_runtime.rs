use ockam::{Context, Result};

#[ockam::test]
#[tokio::test]
async fn case(_ctx: &mut Context) -> Result<()> {
    Ok(())
}

fn main() {}
