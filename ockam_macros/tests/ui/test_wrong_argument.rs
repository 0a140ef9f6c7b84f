use ockam::Result;

#[ockam::test]
async fn case(_count: u8) -> Result<()> {
    Ok(())
}

fn main() {}
