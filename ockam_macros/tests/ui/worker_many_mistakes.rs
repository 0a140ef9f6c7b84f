use ockam::Worker;

struct Echoer;

#[ockam::worker(capacity = 4)]
impl Worker for Echoer {
    type Msg = String;

    fn init(&self) {}

    async fn handle_mesage(&mut self, msg: String) {
        drop(msg);
    }

    fn helper() {}
}

fn main() {}
