//! Decides where programs of this machine are looked for.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The directories of PATH, in its order.
pub(crate) fn path_directories() -> Vec<PathBuf> {
    std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default()
}

/// The first of `names` that is a program in one of `directories`; an earlier name wins over an earlier directory.
pub(crate) fn find_program(names: &[&str], directories: &[PathBuf]) -> Option<PathBuf> {
    let candidates = names.iter().flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    candidates.into_iter().find(|candidate| is_program(candidate))
}

/// Whether `path` is a file somebody may execute.
pub(crate) fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
pub(crate) mod testing {
    //! Programs that exist only for a test.

    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::{Path, PathBuf};

    /// Makes `directory` with one empty program for each name.
    pub(crate) fn programs(directory: &Path, names: &[&str]) -> PathBuf {
        fs::create_dir_all(directory).unwrap();
        for name in names {
            let program = directory.join(name);
            fs::write(&program, "").unwrap();
            fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        }
        directory.to_owned()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test states what it expects by failing")]

    use super::*;

    #[test]
    fn an_earlier_name_wins_over_an_earlier_directory() {
        let scratch = tempfile::tempdir().unwrap();
        let first = testing::programs(&scratch.path().join("first"), &["chromium-browser"]);
        let second = testing::programs(&scratch.path().join("second"), &["chromium"]);
        let found = find_program(&["chromium", "chromium-browser"], &[first, second.clone()]);
        assert_eq!(found, Some(second.join("chromium")));
    }

    #[test]
    fn a_file_that_cannot_run_is_no_program() {
        let scratch = tempfile::tempdir().unwrap();
        std::fs::write(scratch.path().join("postgres"), "").unwrap();
        assert_eq!(find_program(&["postgres"], &[scratch.path().to_owned()]), None);
    }
}
