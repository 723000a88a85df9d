//! Where randomness comes from: a generator of each thread's own, seeded and reseeded by the operating system.

use grantor_ports::Random;
use rand::Rng as _;

/// Randomness of the operating system, stretched by a cryptographically secure generator in each thread: a call to the
/// system for every nonce would cost more than the seal it is for.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(clippy::disallowed_methods, reason = "this is the port that everybody else takes randomness from")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_draws_are_alike() {
        let random: &dyn Random = &OsRandom;
        assert_ne!(random.array::<32>(), random.array::<32>());
        assert_ne!(random.array::<32>(), [0; 32]);
    }
}
