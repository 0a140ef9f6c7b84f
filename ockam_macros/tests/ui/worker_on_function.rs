#[ockam::worker]
async fn echo() {}

fn main() {}
