//! Where the configuration file is. Whatever it names by a relative path lies in its directory, and so does what it does
//! not name: the secrets and the embedded database.

use std::path::{Path, PathBuf};

/// The configuration file in a data directory.
pub const CONFIG_FILE: &str = "grantor.toml";

/// The configuration file, and the directory that relative paths start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: PathBuf,
    directory: PathBuf,
    is_named: bool,
}

impl Place {
    /// A data directory, which may have a configuration file.
    #[must_use]
    pub fn data_dir(directory: &Path) -> Self {
        Self { file: directory.join(CONFIG_FILE), directory: directory.to_owned(), is_named: false }
    }

    /// A file, which must be there.
    #[must_use]
    pub fn config_file(file: &Path) -> Self {
        let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        Self { file: file.to_owned(), directory: parent.unwrap_or(Path::new(".")).to_owned(), is_named: true }
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Where relative paths start.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Whether somebody named the file: then it is an error that there is none.
    #[must_use]
    pub const fn is_named(&self) -> bool {
        self.is_named
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_where_the_file_is() {
        let check = |place: Place, file: &str, directory: &str| {
            assert_eq!((place.file(), place.directory()), (Path::new(file), Path::new(directory)));
        };
        check(Place::data_dir(Path::new(".grantor")), ".grantor/grantor.toml", ".grantor");
        check(
            Place::config_file(Path::new("/etc/grantor/production.toml")),
            "/etc/grantor/production.toml",
            "/etc/grantor",
        );
        check(Place::config_file(Path::new("grantor.toml")), "grantor.toml", ".");
    }
}
