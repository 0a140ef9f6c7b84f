use ockam::{Context, Result};

struct Cases;

impl Cases {
    #[ockam::test]
    async fn case(&self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }
}

fn main() {}
