use ockam::{Context, Result};

struct Program;

impl Program {
    #[ockam::node]
    async fn main(self, _ctx: Context) -> Result<()> {
        Ok(())
    }
}

fn main() {}
