use ockam::Message;

#[derive(Message)]
union Word {
    bytes: [u8; 4],
    number: u32,
}

fn main() {}
