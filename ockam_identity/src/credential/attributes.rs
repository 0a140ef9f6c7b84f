//! The attributes of a credential: values by name.

use crate::codec::Structure;
use crate::sorted::Map;
use alloc::vec::Vec;
use core::fmt;
use ockam_core::cbor::{CborError, Reader, write_array, write_bytes, write_map, write_unsigned};

/// Attributes that an issuer certifies of a subject: values by name, both byte strings, usually text.
///
/// ```
/// use ockam_identity::Attributes;
///
/// let attributes = Attributes::new(1).with("project", "mars").with("role", "member");
/// assert_eq!(attributes.get("role"), Some(&b"member"[..]));
/// assert_eq!(attributes.get("colour"), None);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    schema: u64,
    /// Ordered as they are encoded.
    values: Map<Vec<u8>, Vec<u8>>,
}

impl Attributes {
    /// Creates an empty set. The schema is a number that programs agree on; it is not checked.
    #[must_use]
    pub fn new(schema: u64) -> Self {
        Attributes { schema, values: Map::new() }
    }

    /// Adds a value under a name, in place of an earlier one.
    #[must_use]
    pub fn with(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.values.insert(name.as_ref().to_vec(), value.as_ref().to_vec());
        self
    }

    /// Returns the number of the schema.
    #[must_use]
    pub fn schema(&self) -> u64 {
        self.schema
    }

    /// Returns the value under a name.
    #[must_use]
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.values.get(name.as_ref()).map(Vec::as_slice)
    }

    /// Lists names and values, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.values.iter().map(|(name, value)| (name.as_slice(), value.as_slice()))
    }
}

impl Structure for Attributes {
    fn write(&self, buffer: &mut Vec<u8>) {
        write_array(buffer, 2);
        write_unsigned(buffer, self.schema);
        write_map(buffer, self.values.len());
        for (name, value) in &self.values {
            write_bytes(buffer, name);
            write_bytes(buffer, value);
        }
    }

    /// Accepts the names in any order; for a repeated name the last value wins.
    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        const VALUES: &str = "the map of attributes";
        let mut fields = reader.array("the attributes")?;
        reader.require(&mut fields, "the schema")?;
        let mut attributes = Attributes::new(reader.unsigned("the schema")?);
        reader.require(&mut fields, VALUES)?;
        let mut pairs = reader.map(VALUES)?;
        while reader.has_next(&mut pairs)? {
            let name = reader.bytes("the name of an attribute")?;
            let value = reader.bytes("the value of an attribute")?;
            attributes = attributes.with(name, value);
        }
        reader.skip_rest(&mut fields)?;
        Ok(attributes)
    }
}

/// Formats text as text.
impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in &self.values {
            map.entry(&name.escape_ascii(), &value.escape_ascii());
        }
        map.finish()
    }
}
