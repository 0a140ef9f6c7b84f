//! The golden vectors, as files of values.
//!
//! It owns where they are and how bytes stand in them. It refuses to know what the bytes mean.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Reads a vector file.
pub(crate) fn read(file: &str) -> Value {
    let path = folder().join("docs/vectors").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{file}: {e}"))
}

/// Returns the bytes of every field of that name in some vector files.
pub(crate) fn field(name: &str, files: &[&str]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for file in files {
        collect(&read(file), name, &mut found);
    }
    assert!(!found.is_empty(), "no `{name}` in {files:?}");
    found
}

/// Returns the bytes of one field.
pub(crate) fn bytes(value: &Value, key: &str) -> Vec<u8> {
    let digits = value[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text"));
    hex(digits).unwrap_or_else(|| panic!("`{key}` is not in hex"))
}

/// Returns the bytes of one field that has 32 of them.
pub(crate) fn array(value: &Value, key: &str) -> [u8; 32] {
    bytes(value, key).try_into().unwrap_or_else(|_| panic!("`{key}` has not 32 bytes"))
}

fn collect(value: &Value, name: &str, found: &mut Vec<Vec<u8>>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, name, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(digits) if key == name => found.extend(hex(digits)),
                    _ => collect(value, name, found),
                }
            }
        }
        _ => (),
    }
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Returns the folder of the project.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
