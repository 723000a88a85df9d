//! Randomness that repeats itself, so that a test that failed fails again.

use std::sync::atomic::{AtomicU64, Ordering};

use grantor_ports::Random;

/// SplitMix64 (Steele, Lea and Flood, 2014). **Not secure**: whoever sees one output knows all that follow.
#[derive(Debug)]
pub struct SeededRandom(AtomicU64);

/// The odd number nearest to 2^64 divided by the golden ratio: the step of the sequence.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededRandom {
    /// The sequence that belongs to `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// The next number.
    #[must_use]
    pub fn next(&self) -> u64 {
        let state = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which must not be zero; slightly biased, which no test minds.
    #[must_use]
    pub fn below(&self, end: u64) -> u64 {
        self.next() % end
    }

    /// Random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            for (byte, drawn) in chunk.iter_mut().zip(self.next().to_le_bytes()) {
                *byte = drawn;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_sequence() {
        let (one, same, other) = (SeededRandom::new(7), SeededRandom::new(7), SeededRandom::new(8));
        let drawn: [u8; 33] = one.bytes();
        assert_eq!(drawn, same.bytes());
        assert_ne!(drawn, other.bytes());
        assert_ne!(drawn, one.bytes(), "it moves on");
    }

    #[test]
    fn it_is_the_published_sequence() {
        // The first output for the seed 0, as every implementation of SplitMix64 gives it.
        assert_eq!(SeededRandom::new(0).next(), 0xe220_a839_7b1d_cdaf);
    }
}
