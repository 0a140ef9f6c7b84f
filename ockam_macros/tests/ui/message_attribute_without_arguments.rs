use ockam::Message;

#[derive(Message)]
#[message]
struct Reading {
    celsius: f32,
}

fn main() {}
