//! What stands between postcard and a type, and asks for the bounds.
//!
//! It owns handing everything on that serde has for values in values. It refuses to know what is
//! counted and how much is too much (`bounds`), and the encoding.

use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::bounds::{Bounds, DecodeFault, ItemCount};

/// Anything of serde's, with the bounds around it.
pub(super) struct Bounded<'b, T> {
    inner: T,
    bounds: &'b Bounds,
    /// It reads the items of a collection, and not the fields of a type.
    items: Option<ItemCount>,
}

impl<'b, T> Bounded<'b, T> {
    pub(super) const fn new(inner: T, bounds: &'b Bounds, items: Option<ItemCount>) -> Self {
        Self { inner, bounds, items }
    }

    /// Counts what is found in a collection, which has ended if that is nothing.
    #[inline]
    fn count<I, E: Error>(&mut self, found: &Option<I>) -> Result<(), E> {
        let Some(items) = &mut self.items else { return Ok(()) };
        if found.is_none() {
            self.bounds.add(items);
        } else if !items.one_more() {
            return Err(self.bounds.pass(DecodeFault::TooManyItems));
        }
        Ok(())
    }
}

/// Hands a value without values in it on as it is.
macro_rules! flat {
    ($($method:ident($($argument:ident: $type:ty)?);)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)? visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)? visitor)
        })+
    };
}

/// Hands a value with values in it on, one level deeper.
macro_rules! nested {
    ($around:ident: $($method:ident($($argument:ident: $type:ty),*);)+) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.bounds.enter()?;
            let value = self.inner.$method($($argument,)* self.bounds.$around(visitor))?;
            self.bounds.leave();
            Ok(value)
        })+
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Bounded<'_, D> {
    type Error = D::Error;

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }

    flat! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_identifier();
        deserialize_ignored_any();
    }

    nested! { around:
        deserialize_option();
        deserialize_newtype_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    nested! { around_collection:
        deserialize_seq();
        deserialize_map();
    }
}

/// What postcard calls for the values that are handed on as nested.
impl<'de, V: Visitor<'de>> Visitor<'de> for Bounded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    #[inline]
    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    #[inline]
    fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<V::Value, D::Error> {
        self.inner.visit_some(self.bounds.around(some))
    }

    #[inline]
    fn visit_newtype_struct<D: Deserializer<'de>>(self, only: D) -> Result<V::Value, D::Error> {
        self.inner.visit_newtype_struct(self.bounds.around(only))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<V::Value, A::Error> {
        self.inner.visit_seq(Bounded::new(items, self.bounds, self.items))
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(Bounded::new(entries, self.bounds, self.items))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, variant: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(self.bounds.around(variant))
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Bounded<'_, S> {
    type Value = S::Value;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.inner.deserialize(self.bounds.around(deserializer))
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let item = self.inner.next_element_seed(self.bounds.around(seed))?;
        self.count(&item)?;
        Ok(item)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        let key = self.inner.next_key_seed(self.bounds.around(seed))?;
        self.count(&key)?;
        Ok(key)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(self.bounds.around(seed))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'b, 'de, A: EnumAccess<'de>> EnumAccess<'de> for Bounded<'b, A> {
    type Error = A::Error;
    type Variant = Bounded<'b, A::Variant>;

    #[inline]
    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), A::Error> {
        let (variant, fields) = self.inner.variant_seed(seed)?;
        Ok((variant, self.bounds.around(fields)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for Bounded<'_, A> {
    type Error = A::Error;

    #[inline]
    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    #[inline]
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.newtype_variant_seed(self.bounds.around(seed))
    }

    #[inline]
    fn tuple_variant<V: Visitor<'de>>(self, len: usize, fields: V) -> Result<V::Value, A::Error> {
        self.inner.tuple_variant(len, self.bounds.around(fields))
    }

    #[inline]
    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        fields: V,
    ) -> Result<V::Value, A::Error> {
        self.inner.struct_variant(names, self.bounds.around(fields))
    }
}
