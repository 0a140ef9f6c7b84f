use ockam::{Context, Result};

#[ockam::node]
async fn main(ctx: Context) -> Result<()> {
    let reply = ctx.send_and_receive("echoer", "Hello Ockam!".to_string()).await?;
    println!("{reply}");
    Ok(())
}
