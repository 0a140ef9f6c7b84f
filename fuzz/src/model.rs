//! A second reader of messages, written from `docs/protocol.md` to be obvious and not to be fast.
//!
//! It reads a whole CBOR item into a tree that remembers its spelling, and then judges the tree.
//! So it has no line in common with the reader of the core, which judges while it reads and builds
//! nothing. It refuses to know frames and limits.

/// A CBOR item, with as much of its spelling as a rule asks for.
#[derive(Debug)]
enum Item {
    Unsigned(u64),
    Bytes {
        bytes: Vec<u8>,
        definite: bool,
    },
    Text,
    Array(Vec<Item>),
    Null,
    /// Everything that stands nowhere in a message but among the elements that are skipped.
    Other,
}

/// An address as its type and its bytes.
pub(crate) type Address = (u8, Vec<u8>);

/// What a message says.
#[derive(Debug, PartialEq)]
pub(crate) struct Message {
    pub(crate) onward_route: Vec<Address>,
    pub(crate) return_route: Vec<Address>,
    pub(crate) payload: Vec<u8>,
}

/// What the model makes of the bytes of a frame.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// The message, if there is one.
    pub(crate) message: Option<Message>,
    /// They are the message as a sender has to write it, without tracing.
    pub(crate) canonical: bool,
    /// The levels of the deepest item.
    pub(crate) depth: usize,
}

/// The levels that are followed. Deeper items are given up, which the verdict's depth says.
pub(crate) const MAX_DEPTH: usize = 400;

/// Reads the bytes of a frame, its length not included.
pub(crate) fn judge(frame: &[u8]) -> Verdict {
    let mut reader = Reader { rest: frame, shortest: true, depth: 0 };
    let item = reader.item(1);
    let shape = item.as_ref().map(shape_is_exact);
    let canonical = reader.shortest && reader.rest.is_empty() && shape == Some(true);
    Verdict { message: item.and_then(message), canonical, depth: reader.depth }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// So far every length and number has its shortest form, and every length is definite.
    shortest: bool,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, len: u64) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(usize::try_from(len).ok()?)?;
        self.rest = rest;
        Some(taken)
    }

    /// Reads the first byte of an item and the number that belongs to it, which is `None` for 31.
    fn head(&mut self) -> Option<(u8, u8, Option<u64>)> {
        let first = self.take(1)?[0];
        let (major, info) = (first >> 5, first & 31);
        let width = match info {
            0..=23 => return Some((major, info, Some(info.into()))),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 if [2, 3, 4, 5, 7].contains(&major) => {
                self.shortest = false;
                return Some((major, info, None));
            }
            _ => return None,
        };
        let number =
            self.take(width)?.iter().fold(0, |number, byte| number * 256 + u64::from(*byte));
        let least = [24, 0x100, 0x1_0000, 0x1_0000_0000][usize::from(info) - 24];
        self.shortest &= number >= least;
        Some((major, info, Some(number)))
    }

    /// Reads an item that is not a break.
    fn item(&mut self, level: usize) -> Option<Item> {
        self.depth = self.depth.max(level);
        if level > MAX_DEPTH {
            return None;
        }
        let (major, info, number) = self.head()?;
        Some(match (major, info, number) {
            (0, _, Some(number)) => Item::Unsigned(number),
            (2 | 3, ..) => self.string(major, number)?,
            (4, _, Some(len)) => Item::Array(self.items(len, level)?),
            (4, _, None) => Item::Array(self.items_to_break(level)?),
            (5, _, Some(len)) => {
                self.items(len.checked_mul(2)?, level)?;
                Item::Other
            }
            (5, _, None) => {
                let items = self.items_to_break(level)?;
                (items.len() % 2 == 0).then_some(Item::Other)?
            }
            (6, ..) => {
                self.item(level + 1)?;
                Item::Other
            }
            (7, 22, _) => Item::Null,
            (7, 24, Some(0..=31)) | (7, _, None) => return None,
            _ => Item::Other,
        })
    }

    fn items(&mut self, len: u64, level: usize) -> Option<Vec<Item>> {
        (0..len).map(|_| self.item(level + 1)).collect()
    }

    fn items_to_break(&mut self, level: usize) -> Option<Vec<Item>> {
        let mut items = Vec::new();
        while *self.rest.first()? != 0xff {
            items.push(self.item(level + 1)?);
        }
        self.take(1)?;
        Some(items)
    }

    fn string(&mut self, major: u8, len: Option<u64>) -> Option<Item> {
        let mut bytes = Vec::new();
        match len {
            Some(len) => bytes.extend(self.chunk(major, len)?),
            None => {
                while *self.rest.first()? != 0xff {
                    match self.head()? {
                        (kind, _, Some(len)) if kind == major => {
                            bytes.extend(self.chunk(major, len)?)
                        }
                        _ => return None,
                    }
                }
                self.take(1)?;
            }
        }
        let definite = len.is_some();
        Some(if major == 2 { Item::Bytes { bytes, definite } } else { Item::Text })
    }

    fn chunk(&mut self, major: u8, len: u64) -> Option<&[u8]> {
        let chunk = self.take(len)?;
        (major == 2 || str::from_utf8(chunk).is_ok()).then_some(chunk)
    }
}

/// Says what an item means as a message.
fn message(item: Item) -> Option<Message> {
    let Item::Array(elements) = item else { return None };
    let mut elements = elements.into_iter();
    let onward_route = route(elements.next()?)?;
    let return_route = route(elements.next()?)?;
    let payload = byte_string(elements.next()?)?;
    match elements.next() {
        None | Some(Item::Text | Item::Null) => {
            Some(Message { onward_route, return_route, payload })
        }
        Some(_) => None,
    }
}

fn route(item: Item) -> Option<Vec<Address>> {
    let Item::Array(addresses) = item else { return None };
    addresses.into_iter().map(address).collect()
}

fn address(item: Item) -> Option<Address> {
    let Item::Array(fields) = item else { return None };
    let mut fields = fields.into_iter();
    let Item::Unsigned(transport) = fields.next()? else { return None };
    Some((transport.try_into().ok()?, byte_string(fields.next()?)?))
}

fn byte_string(item: Item) -> Option<Vec<u8>> {
    match item {
        Item::Bytes { bytes, definite: true } => Some(bytes),
        _ => None,
    }
}

/// Returns true if the arrays have no more elements than the message of a sender.
fn shape_is_exact(item: &Item) -> bool {
    let Item::Array(elements) = item else { return false };
    let addresses_are_pairs = |route: &Item| {
        let Item::Array(addresses) = route else { return false };
        addresses.iter().all(|address| matches!(address, Item::Array(fields) if fields.len() == 2))
    };
    elements.len() == 3 && elements[..2].iter().all(addresses_are_pairs)
}
