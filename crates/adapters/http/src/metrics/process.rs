//! What the kernel says about this process, by way of `/proc`; nothing where there is none.

use std::fs;

/// The process, as far as the kernel tells.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Process {
    pub(super) resident_bytes: Option<u64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) open_fds: Option<usize>,
    pub(super) start_seconds: Option<f64>,
}

/// The unit of times in `/proc/self/stat`: a hundredth of a second on every architecture (proc(5), `USER_HZ`).
const TICKS: f64 = 100.0;

impl Process {
    /// Asks the kernel.
    pub(super) fn read() -> Self {
        let text = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let open = fs::read_dir("/proc/self/fd").ok();
        Self {
            // One of them is the directory that is being read.
            open_fds: open.map(|entries| entries.count().saturating_sub(1)),
            ..Self::parse(&text("/proc/self/stat"), &text("/proc/self/status"), &text("/proc/stat"))
        }
    }

    fn parse(stat: &str, status: &str, system: &str) -> Self {
        // The second field is the name, in parentheses, and may hold anything; from the third on there are numbers.
        let fields: Vec<&str> = stat.rsplit_once(')').map(|(_, rest)| rest.split(' ').collect()).unwrap_or_default();
        let ticks = |field: usize| fields.get(field - 2).and_then(|text| text.trim().parse::<f64>().ok());
        let line = |text: &str, name: &str| -> Option<f64> {
            let value = text.lines().find_map(|line| line.strip_prefix(name))?;
            value.split_whitespace().next()?.parse().ok()
        };
        let booted_at = line(system, "btime ");
        Self {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "kibibytes of a memory size")]
            resident_bytes: line(status, "VmRSS:").map(|kibibytes| kibibytes as u64 * 1024),
            cpu_seconds: ticks(14).zip(ticks(15)).map(|(user, system)| (user + system) / TICKS),
            open_fds: None,
            start_seconds: booted_at.zip(ticks(22)).map(|(booted_at, started)| booted_at + started / TICKS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_those_of_proc_5() {
        let stat = "42 (a ) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 9 0 12345 1000000 200 1844";
        let found = Process::parse(stat, "Name:\tx\nVmRSS:\t    2048 kB\n", "cpu 1\nbtime 1700000000\n");
        let expect = Process {
            resident_bytes: Some(2048 * 1024),
            cpu_seconds: Some(2.0),
            open_fds: None,
            start_seconds: Some(1_700_000_123.45),
        };
        assert_eq!(found, expect);
        assert_eq!(Process::parse("", "", ""), Process::default());
    }
}
