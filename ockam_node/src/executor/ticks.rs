//! Lengths of time in ticks of a board's clock.
//!
//! It owns the rounding: up, for every rate, since a wait is never shorter than was asked for. It
//! divides only where a board does so in one instruction.

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// Returns the ticks of a clock of `HZ` that last at least `nanos`, which is less than a second.
///
/// They are the fewest if the rate divides 10^9, and otherwise at most one more.
#[inline]
pub(crate) fn ticks_of<const HZ: u64>(nanos: u32) -> u64 {
    const {
        assert!(HZ > 0 && HZ < 1 << 32, "the tick rate is beyond what this can convert");
    }
    if NANOS_PER_SECOND.is_multiple_of(HZ) {
        return u64::from(nanos.div_ceil(const { (NANOS_PER_SECOND / HZ) as u32 }));
    }
    // Ticks in a nanosecond, in units of 2^-32 and rounded up. Within 64 bits, since a second has
    // less than 10^9 nanoseconds and a nanosecond has at most 2^64 / 10^9 of these units.
    let ticks_per_nano = const { (HZ << 32).div_ceil(NANOS_PER_SECOND) };
    (u64::from(nanos) * ticks_per_nano).div_ceil(1 << 32)
}

#[cfg(test)]
mod tests {
    use super::{NANOS_PER_SECOND, ticks_of};

    fn check<const HZ: u64>() {
        let edges = [0, 1, 2, 999, 30_517, 30_518, 899_999_999, 900_000_000, 999_999_999];
        // Steps that meet no rate's period again and again.
        let between = (0..1_000_000_000).step_by(7_919_003);
        for nanos in edges.into_iter().chain(between) {
            let exact = (u128::from(nanos) * u128::from(HZ)).div_ceil(NANOS_PER_SECOND.into());
            let ticks = u128::from(ticks_of::<HZ>(nanos));
            assert!(ticks >= exact, "{nanos} ns at {HZ} Hz: {ticks} ticks of {exact}");
            assert!(ticks <= exact + 1, "{nanos} ns at {HZ} Hz: {ticks} ticks of {exact}");
            if NANOS_PER_SECOND.is_multiple_of(HZ) {
                assert_eq!(ticks, exact, "{nanos} ns at {HZ} Hz");
            }
        }
    }

    #[test]
    fn no_time_is_shorter_in_ticks_at_any_rate() {
        check::<1>();
        check::<100>();
        check::<1_000>();
        check::<1_024>();
        check::<32_768>();
        check::<1_000_000>();
        check::<12_000_000>();
        check::<16_000_000>();
        check::<80_000_000>();
        check::<133_000_000>();
        check::<1_000_000_000>();
        check::<{ (1 << 32) - 1 }>();
    }
}
