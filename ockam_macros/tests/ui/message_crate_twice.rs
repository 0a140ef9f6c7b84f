use ockam::Message;

#[derive(Message)]
#[message(crate = "::ockam")]
#[message(crate = "::ockam")]
struct Reading {
    celsius: f32,
}

fn main() {}
