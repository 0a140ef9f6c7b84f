use ockam::Message;

#[derive(Message)]
struct Reading {
    celsius: f32,
}

fn main() {}
