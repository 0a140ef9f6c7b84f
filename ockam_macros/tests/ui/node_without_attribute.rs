use ockam::{Context, Result, node};

async fn main(ctx: Context) -> Result<()> {
    let mut node = node(ctx);
    node.stop().await
}
