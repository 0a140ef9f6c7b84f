//! Guesses which address a program meant when it named one that does not exist.

use crate::cell::Cell;
use crate::table::Table;
use alloc::vec::Vec;
use ockam_core::{Address, TEXTS};

/// How many addresses are compared at most; a guess must not make a mistake expensive.
const MAX_COMPARED: usize = 1024;

/// How long a name may be to be compared.
const MAX_NAME: usize = 64;

/// Finds the known address whose name differs least, if it differs little.
pub(crate) fn nearest(workers: &Table<Cell>, wanted: &Address) -> Option<Address> {
    let name = wanted.as_bytes();
    // Without texts nobody reads a guess.
    if !TEXTS || name.len() > MAX_NAME {
        return None;
    }
    let limit = (name.len() / 3).max(1);
    let mut compared = 0;
    let candidates = workers.collect(|cell| {
        // What differs in length by more than the limit differs by more than the limit.
        let is_near = |address: &Address| address.as_bytes().len().abs_diff(name.len()) <= limit;
        if compared == MAX_COMPARED || !cell.mailboxes().addresses().any(is_near) {
            return None;
        }
        compared += 1;
        let address = cell.mailboxes().addresses().min_by_key(|a| distance(name, a.as_bytes()))?;
        let distance = distance(name, address.as_bytes());
        (distance <= limit).then(|| (distance, address.clone()))
    });
    // Among equals the first by name, so that the same mistake gives the same text.
    candidates.into_iter().min().map(|(_, address)| address)
}

/// Counts the letters to insert, delete, replace or swap with their neighbour.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if b.len() > MAX_NAME {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut best = (above[j] + usize::from(x != y)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = core::mem::replace(&mut above, row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn typing_mistakes_are_near() {
        assert_eq!(distance(b"echoer", b"echoer"), 0);
        assert_eq!(distance(b"ecoher", b"echoer"), 1);
        assert_eq!(distance(b"echo", b"echoer"), 2);
        assert_eq!(distance(b"", b"app"), 3);
    }
}
