//! Rate limiting of log lines that peers can cause repeatedly: the first of a kind is logged, then
//! the tenth, the hundredth, and so on.

use core::sync::atomic::{AtomicUsize, Ordering};

/// Counts an event. Returns the count if this one should be logged.
pub(crate) fn next_told(counter: &AtomicUsize) -> Option<usize> {
    // `Relaxed`: the counter orders no other memory accesses.
    let count = counter.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
    let digits = count.checked_ilog10()?;
    (10_usize.pow(digits) == count).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn powers_of_ten_are_told() {
        let counter = AtomicUsize::new(0);
        let told: Vec<usize> = (0..2000).filter_map(|_| next_told(&counter)).collect();
        assert_eq!(told, [1, 10, 100, 1000]);
    }
}
