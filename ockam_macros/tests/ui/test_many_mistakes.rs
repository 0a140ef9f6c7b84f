use ockam::Context;

#[ockam::test(timeout = 0, retries = 3)]
#[test]
fn case(_ctx: &Context) {}

fn main() {}
