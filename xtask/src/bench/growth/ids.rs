//! Decides the identifiers of made-up grants: UUIDv7 (RFC 9562 §5.7) as Grantor's own are, ascending, and spread evenly over an
//! interval of time.

/// Parts of a millisecond that the 12 bits after the version tell apart.
const PARTS: u128 = 1 << 12;

/// So many identifiers, made from one moment on and before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) from_ms: u64,
    pub(super) to_ms: u64,
    pub(super) count: u64,
}

impl Spread {
    /// The identifiers, in their order.
    pub(super) fn ids(self) -> impl Iterator<Item = u128> {
        let mut random = Random::new(self.from_ms);
        let width = u128::from(self.to_ms.saturating_sub(self.from_ms)) * PARTS;
        (0..self.count).map(move |number| {
            let at = width * u128::from(number) / u128::from(self.count.max(1));
            let millis = u128::from(self.from_ms) + at / PARTS;
            let tail = u128::from(random.draw() >> 2);
            (millis << 80) | (7 << 76) | ((at % PARTS) << 64) | (0b10 << 62) | tail
        })
    }
}

/// The moment in which an identifier was made.
pub(super) fn millis(id: u128) -> u64 {
    u64::try_from(id >> 80).unwrap_or(u64::MAX)
}

/// The lowest identifier of a moment, as hexadecimal digits.
pub(super) fn edge(millis: u64) -> String {
    format!("{:032x}", u128::from(millis) << 80)
}

/// Numbers that only have to differ (xorshift64*), the same ones for the same seed.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Any but 0.
        Self((seed ^ 0x9e37_79b9_7f4a_7c15).max(1))
    }

    pub(super) fn draw(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_ascend_through_the_whole_interval() {
        let spread = Spread { from_ms: 1_700_000_000_000, to_ms: 1_700_000_000_010, count: 1000 };
        let ids: Vec<u128> = spread.ids().collect();
        assert!(ids.is_sorted() && ids.len() == 1000);
        assert_eq!(ids.first().copied().map(millis), Some(spread.from_ms));
        assert_eq!(ids.last().copied().map(millis), Some(spread.to_ms - 1));
        assert!(ids.iter().all(|id| (id >> 76) & 0xf == 7 && (id >> 62) & 0b11 == 0b10));
        assert_eq!(ids.iter().filter(|id| millis(**id) == spread.from_ms + 3).count(), 100);
    }

    #[test]
    fn an_edge_lies_before_every_identifier_of_its_moment() {
        let spread = Spread { from_ms: 5, to_ms: 6, count: 1 };
        let first = spread.ids().next().map(|id| format!("{id:032x}"));
        assert!(Some(edge(5)) < first && first < Some(edge(6)));
    }
}
