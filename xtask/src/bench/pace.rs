//! Decides how a rate comes about with a generator that cannot be told one: the most requests a second are searched, and some part
//! of them is sent by connections that pause between their requests, each for a time of its own.

use super::figures::to_f64;
use super::measure::Procedure;
use super::mint::Mint;
use super::target::Target;

/// The numbers of connections that are tried for the most requests a second.
pub(super) const TRIED: [usize; 4] = [16, 32, 64, 128];

/// Enough to tell how many requests a second there are.
const TRY_SECONDS: u64 = 1;

/// So many connections that each pauses for long, and the pauses are what decides when requests arrive.
pub(super) const PAUSING: usize = 256;

/// The most requests a second that were found.
pub(super) fn most(title: &str, procedure: Procedure, target: &Target, mint: &mut Mint) -> anyhow::Result<f64> {
    let quick = Procedure { warm_up_seconds: TRY_SECONDS, ..procedure };
    let mut most = 0.0_f64;
    for connections in TRIED {
        let rate = quick.warm_up(target, mint, connections)?;
        println!("{title}: {rate:.0}/s with {connections} connections");
        most = most.max(rate);
    }
    Ok(most)
}

/// The pause with which [`PAUSING`] connections together send about this many requests a second.
pub(super) fn pause_ms(rate: f64) -> f64 {
    1000.0 * to_f64(PAUSING as u64) / rate.max(1.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "these are exact")]

    use super::*;

    #[test]
    fn the_pause_makes_the_rate() {
        assert_eq!(pause_ms(1000.0), 256.0);
        assert_eq!(pause_ms(25_600.0), 10.0);
    }
}
