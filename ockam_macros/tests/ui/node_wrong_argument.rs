use ockam::Result;

#[ockam::node]
async fn main(words: Vec<String>) -> Result<()> {
    drop(words);
    Ok(())
}
