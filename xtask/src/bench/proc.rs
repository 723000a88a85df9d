//! Decides how processor time and memory are read: from `/proc`, for a process with all that it started, and for the machine.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context;

/// A process and everything below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tree(u32);

/// What `/proc/PID/stat` says of one process, times in clock ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stat {
    parent: u32,
    own: u64,
    /// Of the children that it has waited for.
    children: u64,
}

impl Tree {
    pub(super) fn of(root: u32) -> Self {
        Self(root)
    }

    /// xtask and whatever it has started.
    pub(super) fn ours() -> Self {
        Self(std::process::id())
    }

    /// Seconds of processor time, those of processes that have ended and were waited for included, so that it only grows.
    pub(super) fn cpu_seconds(self) -> anyhow::Result<f64> {
        let ticks: u64 = self.members()?.values().map(|stat| stat.own + stat.children).sum();
        Ok(in_seconds(ticks))
    }

    /// Memory in use, in KiB; what processes share is counted for each.
    pub(super) fn resident_kib(self) -> anyhow::Result<u64> {
        self.status_sum("VmRSS")
    }

    /// The most memory that was ever in use, in KiB, likewise.
    pub(super) fn peak_kib(self) -> anyhow::Result<u64> {
        self.status_sum("VmHWM")
    }

    fn status_sum(self, name: &str) -> anyhow::Result<u64> {
        let field = |pid| status_field(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?, name);
        Ok(self.members()?.into_keys().filter_map(field).sum())
    }

    fn members(self) -> anyhow::Result<BTreeMap<u32, Stat>> {
        let everyone = everyone()?;
        anyhow::ensure!(everyone.contains_key(&self.0), "process {} has ended", self.0);
        let below = |mut pid: u32| {
            // A chain of parents is short; the bound is against one that changes while it is read.
            for _generation in 0..64 {
                if pid == self.0 {
                    return true;
                }
                match everyone.get(&pid) {
                    Some(stat) => pid = stat.parent,
                    None => return false,
                }
            }
            false
        };
        Ok(everyone.iter().filter(|(pid, _)| below(**pid)).map(|(pid, stat)| (*pid, *stat)).collect())
    }
}

/// Seconds of processor time of xtask itself, without its children.
pub(super) fn own_seconds() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    Ok(in_seconds(parse_stat(&text).context("/proc/self/stat")?.own))
}

/// Seconds of processor time of the children that xtask has waited for.
pub(super) fn ended_children_seconds() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/self/stat").context("cannot read /proc/self/stat")?;
    Ok(in_seconds(parse_stat(&text).context("/proc/self/stat")?.children))
}

/// Seconds for which the machine's processors were not idle since it started: those that a hypervisor gave away included.
pub(super) fn machine_busy_seconds() -> anyhow::Result<f64> {
    let text = fs::read_to_string("/proc/stat").context("cannot read /proc/stat")?;
    Ok(in_seconds(parse_busy(&text).context("/proc/stat")?))
}

/// A field of `/proc/PID/status` or `/proc/meminfo`, in KiB.
pub(super) fn status_field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn everyone() -> anyhow::Result<BTreeMap<u32, Stat>> {
    let entries = fs::read_dir("/proc").context("cannot list /proc")?;
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    // One that ends in between is not there any more.
    let stats = pids.filter_map(|pid| Some((pid, parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)));
    Ok(stats.collect())
}

fn parse_stat(text: &str) -> Option<Stat> {
    // The name, in parentheses, may hold anything.
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let field = |at: usize| fields.get(at)?.parse::<u64>().ok();
    let parent = u32::try_from(field(1)?).ok()?;
    Some(Stat { parent, own: field(11)? + field(12)?, children: field(13)? + field(14)? })
}

fn parse_busy(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let fields: Vec<u64> = line.split_whitespace().map_while(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal
    [0, 1, 2, 5, 6, 7].into_iter().map(|at| fields.get(at).copied()).sum()
}

#[allow(clippy::cast_precision_loss, reason = "ticks of a machine's life fit")]
fn in_seconds(ticks: u64) -> f64 {
    ticks as f64 / rustix::param::clock_ticks_per_second() as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn a_stat_line_is_read_past_any_name() {
        let text = "42 (a) b) S 7 1 1 0 -1 4194560 1 2 3 4 100 20 3 4 20 0 8 0 1 2 3\n";
        assert_eq!(parse_stat(text), Some(Stat { parent: 7, own: 120, children: 7 }));
        assert_eq!(parse_stat("42 (a) S"), None);
    }

    #[test]
    fn idle_and_waiting_are_not_busy() {
        assert_eq!(parse_busy("cpu  1 2 4 8 16 32 64 128 0 0\ncpu0 9\n"), Some(1 + 2 + 4 + 32 + 64 + 128));
        assert_eq!(parse_busy("cpu0 1\n"), None);
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "VmHWM:\t   20 kB\nVmRSS:\t   10 kB\n";
        assert_eq!(status_field(text, "VmRSS"), Some(10));
        assert_eq!(status_field(text, "Vm"), None);
    }

    #[test]
    fn we_are_in_our_own_tree() {
        assert!(Tree::ours().members().unwrap().contains_key(&std::process::id()));
        assert!(Tree::ours().resident_kib().unwrap() > 0);
        assert!(Tree::of(u32::MAX).cpu_seconds().is_err());
    }
}
