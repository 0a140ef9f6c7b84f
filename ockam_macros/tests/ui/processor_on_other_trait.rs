struct Ticker;

#[ockam::processor]
impl Clone for Ticker {
    fn clone(&self) -> Self {
        Ticker
    }
}

fn main() {}
