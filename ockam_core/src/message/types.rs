//! The types of `core` and `alloc` that are messages, and those of this crate.
//!
//! A collection is a message if its items are. It would do that they can be encoded, but then a `Vec<&str>`
//! would be reported as a lifetime that is too short.

use super::{Any, Message, NeutralMessage};
use crate::{Address, Route};
use alloc::borrow::{Cow, ToOwned};
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque};
use alloc::ffi::CString;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::cmp::Reverse;
use core::marker::PhantomData;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use core::num::{
    NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize, NonZeroU8,
    NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize, Saturating, Wrapping,
};
use core::ops::{Bound, Range, RangeFrom, RangeInclusive, RangeTo};
use core::time::Duration;
use serde::{Serialize, de::DeserializeOwned};

// By hand, because the errors about `&str` show it.
impl Message for String {}

macro_rules! messages {
    ($($type:ty),* $(,)?) => { $(impl Message for $type {})* };
}

messages!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize, f32, f64, bool, char, ());
messages!(CString, Box<str>, Duration);
messages!(NonZeroI8, NonZeroI16, NonZeroI32, NonZeroI64, NonZeroI128, NonZeroIsize);
messages!(NonZeroU8, NonZeroU16, NonZeroU32, NonZeroU64, NonZeroU128, NonZeroUsize);
messages!(IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6);
messages!(Address, Any, NeutralMessage, Route);

macro_rules! messages_of {
    ($($type:ident),*) => { $(impl<T: Message> Message for $type<T> {})* };
}

messages_of!(Option, Box, Vec, VecDeque, LinkedList, PhantomData, Reverse, RefCell);
messages_of!(Bound, Range, RangeFrom, RangeInclusive, RangeTo);

impl<T: Message> Message for Box<[T]> {}
impl<T: Message + Copy> Message for Cell<T> {}
impl<T: Message + Ord> Message for BinaryHeap<T> {}
impl<T: Message + Ord> Message for BTreeSet<T> {}
impl<K: Message + Ord, V: Message> Message for BTreeMap<K, V> {}
impl<T: Message, E: Message> Message for Result<T, E> {}

// `serde` has an impl for each length up to 32, and none for all of them.
impl<T: Message, const N: usize> Message for [T; N] where [T; N]: Serialize + DeserializeOwned {}

// And one for each of these.
impl<T> Message for Wrapping<T>
where
    T: Message,
    Self: Serialize + DeserializeOwned,
{
}
impl<T> Message for Saturating<T>
where
    T: Message,
    Self: Serialize + DeserializeOwned,
{
}

impl<T> Message for Cow<'static, T>
where
    T: Serialize + Sync + ToOwned + ?Sized,
    T::Owned: Message,
{
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        // Sixteen lines in the list of messages that an error shows would leave no room for others.
        #[diagnostic::do_not_recommend]
        impl<$first: Message, $($rest: Message),*> Message for ($first, $($rest,)*) {}
        tuples!($($rest)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O P);

#[cfg(test)]
mod tests {
    use super::*;

    fn is_message<M: Message>() {}

    #[test]
    fn standard_types_are_messages() {
        is_message::<(i8, u128, f64, bool, char, (), String)>();
        is_message::<Option<Box<Vec<BTreeMap<String, BTreeSet<u64>>>>>>();
        is_message::<([u8; 32], [String; 0], Box<[u8]>, Cow<'static, str>, Cow<'static, [u8]>)>();
        is_message::<Result<Duration, (Address, Route)>>();
        is_message::<(Wrapping<u8>, Saturating<i64>, NonZeroU16, IpAddr, Range<u8>)>();
    }
}
