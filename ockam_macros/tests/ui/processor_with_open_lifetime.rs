use ockam::{Context, Processor, Result};

struct Lines<'a> {
    text: &'a str,
}

#[ockam::processor]
impl Processor for Lines<'_> {
    type Context = Context;

    async fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        println!("{}", self.text);
        Ok(false)
    }
}

fn main() {}
