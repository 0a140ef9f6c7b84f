use ockam::{Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let reply: &str = ctx.send_and_receive("echoer", "Hello Ockam!".to_string()).await?;
    println!("{reply}");
    Ok(())
}
