//! The memory that the process has from the system at this moment.

use std::fs;

/// The entry of the auxiliary vector that holds the size of a page.
const AT_PAGESZ: usize = 6;

/// Returns the resident bytes of this process, or `None` where the system does not tell.
pub(crate) fn resident() -> Option<u64> {
    let statm = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * page_size()?)
}

/// Reads the size of a page from what the kernel told this process at its start.
fn page_size() -> Option<u64> {
    const WORD: usize = size_of::<usize>();
    let vector = fs::read("/proc/self/auxv").ok()?;
    let (words, _) = vector.as_chunks::<WORD>();
    let (entries, _) = words.as_chunks::<2>();
    let entry = entries.iter().find(|[key, _]| usize::from_ne_bytes(*key) == AT_PAGESZ)?;
    u64::try_from(usize::from_ne_bytes(entry[1])).ok()
}
