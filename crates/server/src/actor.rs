//! Who runs a command, for the audit trail: the user of the operating system.

use std::os::unix::fs::MetadataExt as _;

/// The user before `sudo`, if there was one, else the one that the environment names, else the number that the kernel
/// knows. Whoever may run commands here may also set these variables: it is a name in a record, and decides nothing.
pub(crate) fn of_shell() -> String {
    named(|variable| std::env::var(variable).ok()).unwrap_or_else(|| {
        std::fs::metadata("/proc/self").map_or_else(|_error| "unknown".to_owned(), |own| format!("uid {}", own.uid()))
    })
}

fn named(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(variable).find(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_person_before_sudo_counts() {
        let check = |variables: &[(&str, &str)], expect: Option<&str>| {
            let found = named(|name| {
                variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found.as_deref(), expect, "{variables:?}");
        };
        check(&[("USER", "root"), ("SUDO_USER", "carol")], Some("carol"));
        check(&[("USER", "carol"), ("LOGNAME", "dave")], Some("carol"));
        check(&[("SUDO_USER", ""), ("LOGNAME", "dave")], Some("dave"));
        check(&[], None);
    }
}
