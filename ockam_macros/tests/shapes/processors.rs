//! Implementations of `Processor` that are correct, however they are written.

use ockam::{Context, Processor, Result};

struct Countdown(u32);

#[ockam::processor]
impl Processor for Countdown {
    type Context = Context;

    async fn initialize(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }

    async fn process(&mut self, _ctx: &mut Context) -> Result<bool> {
        self.0 -= 1;
        Ok(self.0 > 0)
    }
}

struct Source<T>(T);

#[ockam::processor]
impl<T: Send + 'static> ockam::Processor for Source<T> {
    type Context = Context;

    fn process(&mut self, _: &mut Self::Context) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(false) }
    }

    async fn shutdown(&mut self, _ctx: &mut Context) -> Result<()> {
        Ok(())
    }
}

fn is_processor<P: Processor>(_: P) {}

pub fn main() {
    is_processor(Countdown(3));
    is_processor(Source("text"));
}
