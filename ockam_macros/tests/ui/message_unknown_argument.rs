use ockam::Message;

#[derive(Message)]
#[message(version = 2)]
struct Reading {
    celsius: f32,
}

fn main() {}
