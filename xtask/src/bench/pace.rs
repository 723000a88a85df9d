//! Decides how a rate comes about with a generator that cannot be told one: the most requests a second are searched, and some part
//! of them is sent by connections that pause between their requests, each for a time of its own.

use super::figures::to_f64;
use super::measure::Procedure;
use super::target::{Supply, Target};

/// The numbers of connections that are tried for the most requests a second.
pub(super) const TRIED: [usize; 4] = [16, 32, 64, 128];

/// Enough to tell how many requests a second there are.
const TRY_SECONDS: u64 = 1;

/// So many connections that each pauses for long, and the pauses are what decides when requests arrive.
pub(super) const PAUSING: usize = 256;

/// The most requests a second that there are, and with how many connections.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Most {
    pub(super) connections: usize,
    pub(super) rate: f64,
}

/// Searches them.
pub(super) fn most(
    title: &str,
    procedure: Procedure,
    target: &Target,
    supply: &mut dyn Supply,
) -> anyhow::Result<Most> {
    let mut most = Most::default();
    for connections in TRIED {
        let rate = rate(title, procedure, target, supply, connections)?;
        if rate > most.rate {
            most = Most { connections, rate };
        }
    }
    Ok(most)
}

/// How many requests a second there are just now, with so many connections that never pause.
pub(super) fn rate(
    title: &str,
    procedure: Procedure,
    target: &Target,
    supply: &mut dyn Supply,
    connections: usize,
) -> anyhow::Result<f64> {
    let quick = Procedure { warm_up_seconds: TRY_SECONDS, ..procedure };
    let rate = quick.warm_up(target, supply, connections)?;
    println!("{title}: {rate:.0}/s with {connections} connections");
    Ok(rate)
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
