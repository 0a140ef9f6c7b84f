#[ockam::processor]
struct Ticker;

fn main() {}
