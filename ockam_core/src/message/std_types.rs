//! The types of the standard library that are messages, where there is one.

extern crate std;

use super::Message;
use core::hash::{BuildHasher, Hash};
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, RwLock};
use std::time::SystemTime;

impl Message for OsString {}
impl Message for PathBuf {}
impl Message for SystemTime {}
impl<T: Message> Message for Mutex<T> {}
impl<T: Message> Message for RwLock<T> {}

impl<K, V, S> Message for HashMap<K, V, S>
where
    K: Message + Eq + Hash,
    V: Message,
    S: BuildHasher + Default + Send + 'static,
{
}

impl<T, S> Message for HashSet<T, S>
where
    T: Message + Eq + Hash,
    S: BuildHasher + Default + Send + 'static,
{
}
