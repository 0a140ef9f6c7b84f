struct Echoer;

#[ockam::worker]
impl Clone for Echoer {
    fn clone(&self) -> Self {
        Echoer
    }
}

fn main() {}
