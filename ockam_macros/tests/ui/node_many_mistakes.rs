#[ockam::node(threads = 2)]
#[tokio::main]
fn main<T>(words: Vec<String>, more: T) {
    drop((words, more));
}
