#[ockam::node]
struct Program;

fn main() {}
