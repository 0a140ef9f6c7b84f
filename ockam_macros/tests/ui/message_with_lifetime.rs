use ockam::Message;

#[derive(Message)]
struct Line<'a> {
    text: &'a str,
}

fn main() {}
