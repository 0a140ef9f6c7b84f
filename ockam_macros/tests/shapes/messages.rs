//! Types that are messages, by the derive and by an `impl`.

use ockam::Message;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

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

// As programs of 2023 write it.
#[derive(Serialize, Deserialize)]
struct Plain;

impl Message for Plain {}

fn is_message<M: Message>() {}

pub fn main() {
    is_message::<Reading>();
    is_message::<Tree<String>>();
    is_message::<Plain>();
    is_message::<HashMap<String, Vec<(u64, Option<Plain>)>>>();
}
