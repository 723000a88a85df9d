//! Where the templates come from: decides, file by file, between the embedded text and a
//! deployment's own, and refuses a directory that cannot mean what its owner intended.

use std::borrow::Cow;
use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use super::assets::{STYLESHEET, STYLESHEET_FILE};
use super::messages::{MessageFile, MessagesError};

/// The directory of messages, in a directory of overrides.
const MESSAGES: &str = "messages";

/// The embedded templates by file name.
pub(super) const TEMPLATES: [(&str, &str); 24] = [
    ("account.html", include_str!("../../templates/account.html")),
    ("client_links.html", include_str!("../../templates/client_links.html")),
    ("consent.html", include_str!("../../templates/consent.html")),
    ("device.html", include_str!("../../templates/device.html")),
    ("device_done.html", include_str!("../../templates/device_done.html")),
    ("enrolment.html", include_str!("../../templates/enrolment.html")),
    ("error.html", include_str!("../../templates/error.html")),
    ("form_post.html", include_str!("../../templates/form_post.html")),
    ("layout.html", include_str!("../../templates/layout.html")),
    ("leaving.html", include_str!("../../templates/leaving.html")),
    ("login.html", include_str!("../../templates/login.html")),
    ("logout.html", include_str!("../../templates/logout.html")),
    ("my_account.html", include_str!("../../templates/my_account.html")),
    ("passkey.html", include_str!("../../templates/passkey.html")),
    ("playground.html", include_str!("../../templates/playground.html")),
    ("playground_checks.html", include_str!("../../templates/playground_checks.html")),
    ("playground_form.html", include_str!("../../templates/playground_form.html")),
    ("playground_jwt.html", include_str!("../../templates/playground_jwt.html")),
    ("playground_result.html", include_str!("../../templates/playground_result.html")),
    ("qr_code.html", include_str!("../../templates/qr_code.html")),
    ("recovery_codes.html", include_str!("../../templates/recovery_codes.html")),
    ("second_factor.html", include_str!("../../templates/second_factor.html")),
    ("self_registered.html", include_str!("../../templates/self_registered.html")),
    ("signed_out.html", include_str!("../../templates/signed_out.html")),
];

/// The text of every template and of the stylesheet.
pub(super) struct Sources {
    pub(super) templates: Vec<(&'static str, Cow<'static, str>)>,
    pub(super) stylesheet: Cow<'static, str>,
    /// A deployment's own.
    pub(super) messages: Vec<MessageFile>,
}

impl Sources {
    /// Everything as it comes with the server.
    pub(super) fn embedded() -> Self {
        Self {
            templates: TEMPLATES.map(|(name, text)| (name, Cow::Borrowed(text))).into(),
            stylesheet: Cow::Borrowed(STYLESHEET),
            messages: Vec::new(),
        }
    }

    /// The files of `directory` where it has them, else what is embedded.
    pub(super) fn with_overrides(directory: &Path) -> Result<Self, PagesError> {
        refuse_unknown(directory)?;
        let templates = TEMPLATES
            .into_iter()
            .map(|(name, text)| Ok((name, read_or(directory, name, text)?)))
            .collect::<Result<_, PagesError>>()?;
        Ok(Self {
            templates,
            stylesheet: read_or(directory, STYLESHEET_FILE, STYLESHEET)?,
            messages: read_messages(&directory.join(MESSAGES))?,
        })
    }
}

/// The file's text, or `embedded` if there is no such file.
fn read_or(directory: &Path, name: &str, embedded: &'static str) -> Result<Cow<'static, str>, PagesError> {
    let path = directory.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(Cow::Owned(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Cow::Borrowed(embedded)),
        Err(source) => Err(PagesError::Read { path, source }),
    }
}

/// The files `XX.ftl` of the directory, in order of their names; none if there is no such directory.
fn read_messages(directory: &Path) -> Result<Vec<MessageFile>, PagesError> {
    let unreadable = |path: &Path, source| PagesError::Read { path: path.to_owned(), source };
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(|source| unreadable(directory, source))?,
    };
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = paths.map_err(|source| unreadable(directory, source))?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ftl"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        let tag = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(MessageFile { tag, text })
    };
    paths.into_iter().map(read).collect()
}

/// Refuses a page or stylesheet that replaces nothing: `logn.html` would be silently without
/// effect. Other files (a note to colleagues, an editor's backup) are none of our business.
fn refuse_unknown(directory: &Path) -> Result<(), PagesError> {
    let unreadable = |source| PagesError::Read { path: directory.to_owned(), source };
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let is_ours = path.file_name().is_some_and(|name| file_names().any(|known| name == known));
        let looks_ours = path.extension().is_some_and(|extension| extension == "html" || extension == "css");
        if looks_ours && !is_ours {
            return Err(PagesError::UnknownFile { path });
        }
    }
    Ok(())
}

fn file_names() -> impl Iterator<Item = &'static OsStr> {
    TEMPLATES.into_iter().map(|(name, _)| name).chain([STYLESHEET_FILE]).map(OsStr::new)
}

/// The pages could not be made ready. A reason not to start.
#[derive(Debug)]
pub enum PagesError {
    /// A deployment's own messages are broken.
    Messages(MessagesError),
    /// The directory of overrides, or a file in it, cannot be read as UTF-8 text.
    Read {
        /// What was read.
        path: PathBuf,
        /// Why that failed.
        source: io::Error,
    },
    /// A template does not parse, or fails when rendered.
    Template {
        /// The page that failed; the source names the template and its line.
        name: &'static str,
        /// What is wrong with it.
        source: minijinja::Error,
    },
    /// A page or stylesheet whose name replaces none of ours.
    UnknownFile {
        /// The file.
        path: PathBuf,
    },
}

impl fmt::Display for PagesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Messages(error) => error.fmt(f),
            Self::Read { path, .. } => write!(f, "cannot read {}", path.display()),
            Self::Template { name, .. } => write!(f, "the page template {name} is broken"),
            Self::UnknownFile { path } => {
                write!(f, "{} replaces no page; known names are", path.display())?;
                for (position, name) in file_names().enumerate() {
                    let separator = if position == 0 { " " } else { ", " };
                    write!(f, "{separator}{}", name.display())?;
                }
                Ok(())
            }
        }
    }
}

impl Error for PagesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Read { source, .. } => Some(source),
            Self::Template { source, .. } => Some(source),
            Self::Messages(_) | Self::UnknownFile { .. } => None,
        }
    }
}
