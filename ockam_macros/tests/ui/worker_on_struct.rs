#[ockam::worker]
struct Echoer;

fn main() {}
