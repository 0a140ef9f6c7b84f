//! Seeded randomness: loss, delays, and the random bits of nodes.
//!
//! It owns one small generator, which is not cryptographically secure.

use std::time::Duration;

/// A random number generator that yields the same numbers for the same seed.
///
/// It is SplitMix64: small, fast, with a period of 2^64, and predictable. Do not use it for secrets.
///
/// ```
/// use ockam_transport_memory::Dice;
///
/// let (mut one, mut other) = (Dice::new(7), Dice::new(7));
/// assert_eq!(one.roll(), other.roll());
/// assert!(one.below(6) < 6);
/// ```
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Creates dice with a seed. Every seed is equally good.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// Creates independent dice for a part of a simulation, so that the draws of other parts do not
    /// change the draws of this one.
    #[must_use]
    pub fn fork(&self, part: &str) -> Self {
        let mut dice = Dice(part.bytes().fold(self.0, |seed, byte| mix(seed ^ u64::from(byte))));
        dice.roll();
        dice
    }

    /// Draws 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Draws a number below `limit`, or 0 if that is 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        // The upper half of the product; its bias is too small to measure.
        ((u128::from(self.roll()) * u128::from(limit)) >> 64) as u64
    }

    /// Returns `true` with a probability of 0.0 (never) to 1.0 (always).
    pub fn happens(&mut self, share: f64) -> bool {
        // A float has a precision of 53 bits.
        const STEPS: f64 = (1u64 << 53) as f64;
        ((self.roll() >> 11) as f64 / STEPS) < share
    }

    /// Draws a duration from `shortest` to `longest`, both included.
    pub fn between(&mut self, shortest: Duration, longest: Duration) -> Duration {
        let span = longest.saturating_sub(shortest).as_nanos();
        let span = u64::try_from(span).unwrap_or(u64::MAX - 1);
        shortest + Duration::from_nanos(self.below(span + 1))
    }

    /// Fills a slice with random bytes, for
    /// [`NodeBuilder::with_random`](ockam_node::NodeBuilder::with_random).
    pub fn fill(&mut self, bytes: &mut [u8]) {
        for piece in bytes.chunks_mut(8) {
            piece.copy_from_slice(&self.roll().to_le_bytes()[..piece.len()]);
        }
    }
}

const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_those_of_splitmix64() {
        // The first three outputs for seed 1234567 of the authors' reference program.
        let mut dice = Dice::new(1_234_567);
        let drawn = [dice.roll(), dice.roll(), dice.roll()];
        let known =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(drawn, known);
    }

    #[test]
    fn shares_are_kept() {
        let mut dice = Dice::new(1);
        let count = |dice: &mut Dice, share| (0..10_000).filter(|_| dice.happens(share)).count();
        assert_eq!([count(&mut dice, 0.0), count(&mut dice, 1.0)], [0, 10_000]);
        assert!((900..1100).contains(&count(&mut dice, 0.1)));
    }

    #[test]
    fn times_are_within_their_range_and_reach_both_ends() {
        let mut dice = Dice::new(2);
        let [short, long] = [3, 5].map(Duration::from_nanos);
        let drawn: Vec<_> = (0..100).map(|_| dice.between(short, long)).collect();
        assert!(drawn.iter().all(|time| (short..=long).contains(time)));
        assert!(drawn.contains(&short) && drawn.contains(&long));
        assert_eq!(dice.between(long, long), long);
        assert!(dice.between(Duration::ZERO, Duration::MAX) < Duration::from_secs(1 << 35));
    }

    #[test]
    fn forks_differ_by_name_and_do_not_disturb_each_other() {
        let dice = Dice::new(3);
        assert_eq!(dice.fork("a").roll(), dice.fork("a").roll());
        assert_ne!(dice.fork("a").roll(), dice.fork("b").roll());
        assert_ne!(dice.fork("ab").roll(), dice.fork("ba").roll());
    }
}
