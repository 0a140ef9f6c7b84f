//! Types that are messages, with and without the derive.

use ockam::Message;
use serde::{Deserialize, Serialize};

#[derive(Message, Serialize, Deserialize)]
struct Reading {
    celsius: f32,
}

#[derive(Message, Serialize, Deserialize)]
#[message(crate = "::ockam")]
enum Tree<T: Clone, U = u8>
where
    U: Copy,
{
    Leaf(T),
    Branch(Vec<Tree<T, U>>),
    Mark(U),
}

#[derive(Serialize, Deserialize)]
struct Plain;

fn is_message<M: Message>() {}

fn main() {
    is_message::<Reading>();
    is_message::<Tree<String>>();
    is_message::<Plain>();
}
