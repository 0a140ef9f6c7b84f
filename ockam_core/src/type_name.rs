//! Names of Rust types, short enough for a log line.

use core::fmt;

/// Shows a Rust type without the module paths: `Option<String>`, not
/// `core::option::Option<alloc::string::String>`.
///
/// ```
/// use ockam_core::TypeName;
/// assert_eq!(TypeName::of::<Option<String>>().to_string(), "Option<String>");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TypeName(&'static str);

impl TypeName {
    /// Names the type `T`.
    #[must_use]
    pub fn of<T: ?Sized>() -> Self {
        TypeName(core::any::type_name::<T>())
    }

    /// Returns the name with its module paths, as the compiler gives it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path segment is a run of characters up to `::`; only the last one is written.
        let mut segment = 0;
        let bytes = self.0.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at..].starts_with(b"::") {
                at += 2;
                segment = at;
            } else if is_of_name(bytes[at]) {
                at += 1;
            } else {
                f.write_str(&self.0[segment..=at])?;
                at += 1;
                segment = at;
            }
        }
        f.write_str(&self.0[segment..])
    }
}

/// A closure is named `{{closure}}`, so braces are letters here.
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'{' | b'}') || byte >= 0x80
}

impl fmt::Debug for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::TypeName;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    #[test]
    fn paths_are_dropped_inside_generics_too() {
        assert_eq!(TypeName::of::<String>().to_string(), "String");
        assert_eq!(
            TypeName::of::<(Vec<Option<String>>, [u8; 4])>().to_string(),
            "(Vec<Option<String>>, [u8; 4])"
        );
        assert_eq!(TypeName::of::<&dyn core::fmt::Debug>().to_string(), "&dyn Debug");
    }
}
