//! Items of any kind that are read only to find where they end.
//!
//! It owns walking over whatever a newer or a stranger encoder put behind the elements that are
//! known. It refuses to know what it walks over. It does not recurse and does not allocate.
//!
//! Arrays and maps of definite length and tags need no level of their own: their items are counted
//! together with those that are left around them. Only items of indefinite length need one, because
//! each has a break of its own. Those levels are a small array, and an item with more of them is
//! refused.

use core::str;

use super::reader::{BREAK, Elements, Head, Reader};
use super::{CborError, major};

/// The most levels of an element that is skipped: items of indefinite length, one in another, and
/// those of definite length between them.
///
/// Nothing that nodes write has more than a few. The bound keeps the walk in half a kilobyte of
/// stack.
const MAX_NESTING: usize = 64;

/// What the errors here call an element that nobody asked for.
const EXTRA: &str = "an extra element";

/// What is open around the item that is read next.
struct Levels {
    levels: [Level; MAX_NESTING],
    depth: usize,
}

#[derive(Clone, Copy)]
enum Level {
    /// So many items to come, of any number of arrays, maps and tags of definite length.
    Items(u32),
    /// Items up to a break.
    Array,
    /// Pairs of items up to a break, which may not stand between the two.
    Map { inside_pair: bool },
}

impl Reader<'_> {
    /// Reads the elements that are left to the end of their array, whatever they are.
    ///
    /// # Errors
    /// [`CborError`] if what is left is not CBOR.
    pub fn skip_rest(&mut self, elements: &mut Elements) -> Result<(), CborError> {
        while self.has_next(elements)? {
            self.skip_item()?;
        }
        Ok(())
    }

    /// Reads an item, whatever it is.
    ///
    /// # Errors
    /// [`CborError`] if it is not CBOR.
    pub fn skip_item(&mut self) -> Result<(), CborError> {
        let mut levels = Levels { levels: [Level::Array; MAX_NESTING], depth: 0 };
        loop {
            let head = self.head(EXTRA)?;
            if head.byte == BREAK {
                levels.end(&head)?;
            } else {
                levels.count_item();
                if let Some(level) = self.skip_flat(&head)? {
                    levels.begin(level, &head, self.left())?;
                }
            }
            if levels.all_read() {
                return Ok(());
            }
        }
    }

    /// Reads the rest of an item, or returns the level that it opens.
    fn skip_flat(&mut self, head: &Head) -> Result<Option<Level>, CborError> {
        match (head.major(), head.argument) {
            (major::BYTES, _) => self.skip_bytes(head)?,
            (major::TEXT, _) => self.skip_text(head, EXTRA)?,
            (major::ARRAY, Some(len)) => return self.items(len),
            (major::ARRAY, None) => return Ok(Some(Level::Array)),
            (major::MAP, Some(pairs)) => return self.items(pairs.saturating_mul(2)),
            (major::MAP, None) => return Ok(Some(Level::Map { inside_pair: false })),
            (major::TAG, _) => return Ok(Some(Level::Items(1))),
            // A simple value below 32 has one byte and no other form.
            (major::SIMPLE, Some(..32)) if head.byte == 0xf8 => {
                return Err(CborError::NotCbor { offset: head.offset, byte: head.byte });
            }
            _ => (),
        }
        Ok(None)
    }

    /// Makes the level of an array or a map, if the frame has bytes enough for so many items.
    fn items(&self, items: u64) -> Result<Option<Level>, CborError> {
        match u32::try_from(items) {
            Ok(items) if items as usize <= self.left() => Ok(Some(Level::Items(items))),
            _ => Err(CborError::Truncated { offset: self.offset(), part: EXTRA }),
        }
    }

    fn skip_bytes(&mut self, head: &Head) -> Result<(), CborError> {
        self.chunks(head, EXTRA, |_, _| Ok(()))
    }

    /// Reads the rest of a text, whole or in chunks.
    pub(super) fn skip_text(&mut self, head: &Head, part: &'static str) -> Result<(), CborError> {
        self.chunks(head, part, |offset, bytes| match str::from_utf8(bytes) {
            Ok(_) => Ok(()),
            Err(_) => Err(CborError::NotUtf8 { offset }),
        })
    }

    /// Reads the rest of a string; one of indefinite length is strings of its kind and a break.
    fn chunks(
        &mut self,
        head: &Head,
        part: &'static str,
        check: impl Fn(usize, &[u8]) -> Result<(), CborError>,
    ) -> Result<(), CborError> {
        if let Some(len) = head.argument {
            return check(head.offset, self.take(len, part)?);
        }
        loop {
            let chunk = self.head(part)?;
            match chunk.argument {
                _ if chunk.byte == BREAK => return Ok(()),
                Some(len) if chunk.major() == head.major() => {
                    check(chunk.offset, self.take(len, part)?)?;
                }
                _ => return Err(CborError::NotCbor { offset: chunk.offset, byte: chunk.byte }),
            }
        }
    }
}

impl Levels {
    /// Takes note of an item of the innermost level.
    fn count_item(&mut self) {
        match self.innermost() {
            Some(Level::Items(left)) => *left -= 1,
            Some(Level::Map { inside_pair }) => *inside_pair = !*inside_pair,
            Some(Level::Array) | None => (),
        }
    }

    /// Opens a level. Items join those that are left of the level around them; together they must
    /// not be more than the bytes to come, of which each needs one.
    fn begin(&mut self, level: Level, head: &Head, bytes_left: usize) -> Result<(), CborError> {
        if let (Some(Level::Items(left)), Level::Items(items)) = (self.innermost(), level) {
            // Both are at most the length of a frame.
            *left += items;
            if *left as usize > bytes_left {
                return Err(CborError::Truncated { offset: head.offset, part: EXTRA });
            }
            return Ok(());
        }
        let too_deep = CborError::TooDeep { offset: head.offset, limit: MAX_NESTING };
        *self.levels.get_mut(self.depth).ok_or(too_deep)? = level;
        self.depth += 1;
        Ok(())
    }

    /// Ends the innermost level at a break.
    fn end(&mut self, head: &Head) -> Result<(), CborError> {
        match self.innermost() {
            Some(Level::Array | Level::Map { inside_pair: false }) => {
                self.depth -= 1;
                Ok(())
            }
            _ => Err(CborError::NotCbor { offset: head.offset, byte: head.byte }),
        }
    }

    /// Leaves the levels that have no more items; true if there is no other.
    fn all_read(&mut self) -> bool {
        while let Some(Level::Items(0)) = self.innermost() {
            self.depth -= 1;
        }
        self.depth == 0
    }

    fn innermost(&mut self) -> Option<&mut Level> {
        self.levels[..self.depth].last_mut()
    }
}
