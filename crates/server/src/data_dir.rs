//! Files of the data directory: for their owner alone, and made once although several processes may start at the same
//! moment. A file is written under a name of its own, then linked to its final one, which the file system does only if
//! nobody has it; whoever comes late reads the winner's.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context;
use grantor_crypto::OsRandom;
use grantor_ports::Random;
use zeroize::Zeroizing;

/// A file that is there now.
pub(crate) struct Ensured {
    /// What it holds.
    pub(crate) text: Zeroizing<String>,
    /// Whether this call made it.
    pub(crate) created: bool,
}

/// Makes the directory, readable by its owner alone, unless it is there.
///
/// # Errors
/// If it cannot be made; the message names it.
pub(crate) fn create(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .with_context(|| format!("cannot make the data directory {}", path.display()))
}

/// Reads the file; if there is none, makes it of what `make` gives.
///
/// # Errors
/// If it cannot be read or made, or `make` fails; the message names the file.
pub(crate) fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> anyhow::Result<Zeroizing<String>>,
) -> anyhow::Result<Ensured> {
    if let Some(text) = read(path)? {
        return Ok(Ensured { text, created: false });
    }
    let text = make()?;
    if create_if_absent(path, text.as_bytes()).with_context(|| format!("cannot make {}", path.display()))? {
        return Ok(Ensured { text, created: true });
    }
    let text = read(path)?.with_context(|| format!("{} was removed a moment after it was made", path.display()))?;
    Ok(Ensured { text, created: false })
}

/// What the file holds; none if there is no such file.
///
/// # Errors
/// If it cannot be read as UTF-8 text; the message names it.
pub(crate) fn read(path: &Path) -> anyhow::Result<Option<Zeroizing<String>>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Makes the file with this content, for its owner alone, unless there is one. Says whether it did. Once it returns, the
/// file survives a power failure: keys that nobody can decrypt any more would be worse than none.
fn create_if_absent(path: &Path, content: &[u8]) -> io::Result<bool> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = Temporary::write(directory, content)?;
    match fs::hard_link(&temporary.0, path) {
        Ok(()) => {
            File::open(directory)?.sync_all()?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// A complete file under a name that nobody looks for; gone when dropped.
struct Temporary(PathBuf);

impl Temporary {
    fn write(directory: &Path, content: &[u8]) -> io::Result<Self> {
        let random: &dyn Random = &OsRandom;
        let temporary = Self(directory.join(format!(".{:032x}", u128::from_be_bytes(random.array()))));
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary.0)?;
        file.write_all(content)?;
        file.sync_all()?;
        Ok(temporary)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            tracing::warn!(file = %self.0.display(), %error, "a temporary file is left behind");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn racing_processes_agree_on_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("encryption-secrets");
        for round in 0..20 {
            let barrier = Barrier::new(16);
            let found: Vec<_> = thread::scope(|scope| {
                let threads: Vec<_> = (0..16)
                    .map(|number| {
                        let (barrier, path) = (&barrier, &path);
                        scope.spawn(move || {
                            barrier.wait();
                            read_or_create(path, || Ok(Zeroizing::new(format!("{round} {number}")))).unwrap()
                        })
                    })
                    .collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            assert_eq!(found.iter().filter(|ensured| ensured.created).count(), 1);
            let text = fs::read_to_string(&path).unwrap();
            assert!(found.iter().all(|ensured| *ensured.text == text));
            assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "no temporary file is left");
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn directory_and_files_are_for_their_owner_alone() {
        let directory = tempfile::tempdir().unwrap();
        let data_dir = directory.path().join("a").join("b");
        create(&data_dir).unwrap();
        create(&data_dir).unwrap();
        let file = data_dir.join("f");
        read_or_create(&file, || Ok(Zeroizing::new(String::new()))).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data_dir), mode(&file)), (0o700, 0o600));
    }

    #[test]
    fn what_cannot_be_made_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("missing").join("f");
        let Err(error) = read_or_create(&path, || Ok(Zeroizing::new(String::new()))) else { panic!("it was made") };
        assert!(format!("{error:#}").contains("missing/f"), "{error:#}");
    }
}
