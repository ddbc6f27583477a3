//! The random numbers behind the faults.

use std::time::Duration;

/// A `SplitMix64` generator (Steele, Lea and Flood, 2014).
///
/// It is our own rather than one of a crate, so that a seed gives the same faults in every version of the simulator.
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Returns a number in `0.0..1.0`.
    #[expect(clippy::cast_precision_loss, reason = "an f64 holds exactly 53 bits")]
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn coin(&mut self) -> bool {
        self.next() >> 63 == 1
    }

    /// Returns a number in `0..end`, or 0 if that range is empty.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let scaled = (u128::from(self.next()) * end as u128) >> 64;
        usize::try_from(scaled).unwrap_or_default()
    }

    /// Returns a duration from 0 up to, but not including, `limit`.
    pub(super) fn up_to(&mut self, limit: Duration) -> Duration {
        limit.mul_f64(self.share())
    }

    /// Returns 32 hexadecimal digits, the format of ids.
    pub(super) fn id(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}
