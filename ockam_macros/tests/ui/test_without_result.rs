use ockam::Context;

#[ockam::test]
async fn case(_ctx: &mut Context) {}

fn main() {}
