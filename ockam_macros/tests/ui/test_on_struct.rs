#[ockam::test]
struct Case;

fn main() {}
