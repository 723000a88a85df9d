//! Whose the pages are: decides what of `[branding]` cannot be, and makes the pages.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use grantor_http::pages::{Accent, Branding, BrandingError, Logo, Pages, Scheme};

use super::{BrandingSection, SettingsError};

impl BrandingSection {
    /// Name and colours, as the pages have them.
    ///
    /// # Errors
    /// What cannot stand on a page, with its key.
    pub fn to_branding(&self) -> Result<Branding, SettingsError> {
        let refused =
            |key: &'static str| move |error: BrandingError| SettingsError::unsafe_value(key, error.to_string());
        let mut branding = Branding::default().named(&self.name).map_err(refused("branding.name"))?;
        for (key, text, scheme) in [
            ("branding.accent_color", &self.accent_color, Scheme::Light),
            ("branding.accent_color_dark", &self.accent_color_dark, Scheme::Dark),
        ] {
            if let Some(text) = text {
                branding = branding.with_accent(Accent::read(text, scheme).map_err(refused(key))?);
            }
        }
        Ok(branding)
    }

    /// The pages, with everything that is read from files.
    ///
    /// # Errors
    /// Names the key whose file cannot be read, or is not what it should be.
    pub(crate) fn pages(&self) -> anyhow::Result<Pages> {
        let mut branding = self.to_branding()?;
        if let Some(path) = &self.logo_file {
            let logo = read_logo(path).with_context(|| format!("branding.logo_file: {}", path.display()))?;
            branding = branding.with_logo(logo);
        }
        let pages = Pages::load(self.directory.as_deref(), branding);
        match &self.directory {
            Some(directory) => pages.with_context(|| format!("branding.directory: {}", directory.display())),
            None => Ok(pages?),
        }
    }
}

/// Reads a logo, and no more than one may have.
fn read_logo(path: &Path) -> anyhow::Result<Logo> {
    let mut content = Vec::new();
    let most = u64::try_from(Logo::MAX_BYTES)?.saturating_add(1);
    File::open(path).context("cannot be read")?.take(most).read_to_end(&mut content).context("cannot be read")?;
    Ok(Logo::read(content)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn refused(settings: &BrandingSection) -> String {
        format!("{:#}", settings.pages().err().unwrap())
    }

    #[test]
    fn a_logo_that_is_none_names_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let logo_file = Some(directory.path().join("logo.svg"));
        let settings = BrandingSection { logo_file: logo_file.clone(), ..BrandingSection::default() };
        let text = refused(&settings);
        assert!(text.starts_with("branding.logo_file: ") && text.contains("cannot be read"), "{text}");
        fs::write(logo_file.as_deref().unwrap(), "GIF89a").unwrap();
        assert!(refused(&settings).ends_with("neither a PNG nor an SVG"));
        fs::write(logo_file.as_deref().unwrap(), vec![b' '; Logo::MAX_BYTES + 1]).unwrap();
        assert!(refused(&settings).ends_with("larger than 256 KiB"));
        fs::write(logo_file.as_deref().unwrap(), "<svg></svg>").unwrap();
        settings.pages().unwrap();
    }

    #[test]
    fn pages_that_replace_nothing_name_their_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().to_owned();
        let settings = BrandingSection { directory: Some(path.clone()), ..BrandingSection::default() };
        settings.pages().unwrap();
        fs::write(path.join("logn.html"), "").unwrap();
        let text = refused(&settings);
        assert!(text.starts_with("branding.directory: ") && text.contains("logn.html replaces no page"), "{text}");
    }
}
