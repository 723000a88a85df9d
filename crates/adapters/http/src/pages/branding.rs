//! How the pages show whose they are: decides which name, logo and colour an operator may give them (Grantor's own).
//!
//! A colour must be read by everybody, so it is refused where its contrast with what is written on it is below WCAG 2.2 §1.4.3 AA. A
//! logo is served from our own origin and shown as a picture, in which no script of an SVG runs.

use std::error::Error;
use std::fmt;

use super::assets::href;

/// What the service is called unless an operator says otherwise.
const NAME: &str = "Grantor";

/// Longest name, in characters: it stands above every page and in every title.
const MAX_NAME: usize = 80;

/// Least contrast of text with its ground (WCAG 2.2 §1.4.3, level AA).
const MIN_CONTRAST: f64 = 4.5;

/// The path the logo is served at.
pub(crate) const LOGO_PATH: &str = "/assets/logo";

/// Whose the pages are.
#[derive(Clone, Debug)]
pub struct Branding {
    name: String,
    logo: Option<Logo>,
    accent: Option<Accent>,
    accent_dark: Option<Accent>,
}

impl Default for Branding {
    fn default() -> Self {
        Self { name: NAME.to_owned(), logo: None, accent: None, accent_dark: None }
    }
}

impl Branding {
    /// Under this name.
    ///
    /// # Errors
    /// A name of nothing but white space, with control characters, or too long for a page.
    pub fn named(self, name: &str) -> Result<Self, BrandingError> {
        let is_shown = !name.trim().is_empty() && !name.chars().any(char::is_control);
        if is_shown && name.chars().count() <= MAX_NAME {
            Ok(Self { name: name.to_owned(), ..self })
        } else {
            Err(BrandingError::Name)
        }
    }

    /// With this logo.
    #[must_use]
    pub fn with_logo(self, logo: Logo) -> Self {
        Self { logo: Some(logo), ..self }
    }

    /// With this colour, for the scheme that it was made for.
    #[must_use]
    pub fn with_accent(self, accent: Accent) -> Self {
        match accent.scheme {
            Scheme::Light => Self { accent: Some(accent), ..self },
            Scheme::Dark => Self { accent_dark: Some(accent), ..self },
        }
    }

    /// What the service is called.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The logo.
    pub(crate) const fn logo(&self) -> Option<&Logo> {
        self.logo.as_ref()
    }

    /// What the colours add to a stylesheet.
    pub(super) fn styles(&self) -> String {
        [&self.accent, &self.accent_dark].into_iter().flatten().map(Accent::style).collect()
    }
}

/// A picture of the operator's.
#[derive(Clone, Debug)]
pub struct Logo {
    content: Vec<u8>,
    kind: LogoKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LogoKind {
    Png,
    Svg,
}

impl Logo {
    /// Largest one, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// Reads a file: PNG or SVG, by what is in it.
    ///
    /// # Errors
    /// What is neither, or larger than a page should have to load.
    pub fn read(content: Vec<u8>) -> Result<Self, BrandingError> {
        if content.len() > Self::MAX_BYTES {
            return Err(BrandingError::LogoTooLarge);
        }
        let kind = if content.starts_with(b"\x89PNG\r\n\x1a\n") {
            LogoKind::Png
        } else if is_svg(&content) {
            LogoKind::Svg
        } else {
            return Err(BrandingError::LogoUnknown);
        };
        Ok(Self { content, kind })
    }

    /// Its content.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }

    /// Its media type.
    pub(crate) const fn media_type(&self) -> &'static str {
        match self.kind {
            LogoKind::Png => "image/png",
            LogoKind::Svg => "image/svg+xml",
        }
    }

    /// Its address, which changes with it.
    pub(super) fn href(&self) -> String {
        href(LOGO_PATH, &self.content)
    }
}

/// Whether it is text whose first element is `svg`.
fn is_svg(content: &[u8]) -> bool {
    let Ok(mut rest) = std::str::from_utf8(content).map(|text| text.trim_start_matches('\u{feff}').trim_start()) else {
        return false;
    };
    // Before it there may be a declaration, comments and a document type.
    for (begin, end) in [("<?", "?>"), ("<!--", "-->"), ("<!DOCTYPE svg", ">"), ("<!--", "-->")] {
        while let Some(inside) = rest.strip_prefix(begin) {
            rest = inside.split_once(end).map_or("", |(_, after)| after).trim_start();
        }
    }
    rest.strip_prefix("<svg").is_some_and(|after| after.starts_with([' ', '\t', '\r', '\n', '>']))
}

/// Which of the two sets of colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Scheme {
    /// What is written on a button of the accent's colour: `--on-accent` of the stylesheet.
    const fn on_accent(self) -> Color {
        match self {
            Self::Light => Color([0xff, 0xff, 0xff]),
            Self::Dark => Color([0x0b, 0x1f, 0x18]),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The colour of buttons and links.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Accent {
    scheme: Scheme,
    color: Color,
}

impl Accent {
    /// Reads `#rrggbb`.
    ///
    /// # Errors
    /// What is no such colour, and one that hides what is written on it.
    pub fn read(text: &str, scheme: Scheme) -> Result<Self, BrandingError> {
        let color = Color::parse(text).ok_or(BrandingError::NoColor)?;
        let ratio = color.contrast(scheme.on_accent());
        if ratio >= MIN_CONTRAST {
            Ok(Self { scheme, color })
        } else {
            Err(BrandingError::Contrast { color, ratio, text: scheme.on_accent() })
        }
    }

    /// The custom properties of the stylesheet that it changes, for its scheme alone. Under the pointer it is further away from what is
    /// written on it.
    fn style(&self) -> String {
        let (scheme, color) = (self.scheme.name(), self.color);
        let strong = match self.scheme {
            Scheme::Light => color.towards(0x00),
            Scheme::Dark => color.towards(0xff),
        };
        format!(
            "\n@media (prefers-color-scheme: {scheme}) {{\n  :root {{\n    --accent: {color};\n    --accent-strong: {strong};\n  }}\n}}\n"
        )
    }
}

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
        let digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// A quarter of the way to black (0) or white (255).
    fn towards(self, end: u8) -> Self {
        Self(self.0.map(|channel| {
            let mixed = (u16::from(channel) * 3 + u16::from(end)) / 4;
            u8::try_from(mixed).unwrap_or(end)
        }))
    }

    /// From 1 to 21 (WCAG 2.2, "contrast ratio").
    fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// WCAG 2.2, "relative luminance".
    fn luminance(self) -> f64 {
        let linear = self.0.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        });
        linear.into_iter().zip([0.2126, 0.7152, 0.0722]).map(|(channel, weight)| channel * weight).sum()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// What an operator wants the pages to look like cannot be.
#[derive(Debug)]
pub enum BrandingError {
    /// A colour on which nobody can read.
    Contrast {
        /// The colour.
        color: Color,
        /// Its contrast with the text.
        ratio: f64,
        /// The text's colour.
        text: Color,
    },
    /// A logo that is too large.
    LogoTooLarge,
    /// A logo that is neither PNG nor SVG.
    LogoUnknown,
    /// A name that cannot stand on a page.
    Name,
    /// No colour.
    NoColor,
}

impl fmt::Display for BrandingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contrast { color, ratio, text } => write!(
                f,
                "{color} has a contrast of {ratio:.2}:1 with the text on buttons ({text}); it must be {MIN_CONTRAST}:1 at least"
            ),
            Self::LogoTooLarge => write!(f, "the file is larger than {} KiB", Logo::MAX_BYTES / 1024),
            Self::LogoUnknown => f.write_str("the file is neither a PNG nor an SVG"),
            Self::Name => write!(f, "must be a text of 1 to {MAX_NAME} characters without line breaks"),
            Self::NoColor => f.write_str("is no colour such as \"#1c5c4a\""),
        }
    }
}

impl Error for BrandingError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed assumption is a failed test")]

    use super::*;

    #[test]
    fn contrast_is_that_of_wcag() {
        let ratio = |one: &str, other: &str| Color::parse(one).unwrap().contrast(Color::parse(other).unwrap());
        let check =
            |one: &str, other: &str, expect: f64| assert!((ratio(one, other) - expect).abs() < 0.005, "{one} {other}");
        check("#000000", "#ffffff", 21.0);
        check("#ffffff", "#ffffff", 1.0);
        check("#767676", "#ffffff", 4.54);
        check("#777777", "#FFFFFF", 4.48);
    }

    #[test]
    fn a_colour_on_which_nobody_can_read_is_refused() {
        let check = |text: &str, scheme, expect: Option<&str>| {
            let error = Accent::read(text, scheme).err().map(|error| error.to_string());
            assert_eq!(
                error.as_deref().map(|error| error.contains(expect.unwrap_or("?"))),
                expect.map(|_| true),
                "{error:?}"
            );
        };
        check("#1c5c4a", Scheme::Light, None);
        check("#8ed2b5", Scheme::Dark, None);
        check("#767676", Scheme::Light, None);
        check("#777777", Scheme::Light, Some("4.48:1"));
        check("#1c5c4a", Scheme::Dark, Some("#0b1f18"));
        for text in ["1c5c4a", "#1c5", "#1c5c4ag", "#+1c5c4", "red", "#1c5c4a; } body {", "#1c5c4\u{e9}", ""] {
            check(text, Scheme::Light, Some("no colour"));
        }
    }

    #[test]
    fn each_colour_holds_for_its_scheme() {
        let branding = Branding::default().with_accent(Accent::read("#003366", Scheme::Light).unwrap());
        let styles = branding.styles();
        assert!(styles.contains("(prefers-color-scheme: light)") && styles.contains("--accent: #003366;"), "{styles}");
        assert!(styles.contains("--accent-strong: #00264c;") && !styles.contains("dark"), "{styles}");
        let both = branding.with_accent(Accent::read("#99CCFF", Scheme::Dark).unwrap()).styles();
        assert!(both.contains("dark") && both.contains("--accent: #99ccff;"), "{both}");
        assert!(both.contains("--accent-strong: #b2d8ff;"), "{both}");
        assert_eq!(Branding::default().styles(), "");
    }

    #[test]
    fn a_logo_is_what_is_in_it() {
        let kind = |content: &[u8]| Logo::read(content.to_vec()).ok().map(|logo| logo.kind);
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n..."), Some(LogoKind::Png));
        assert_eq!(kind(b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), Some(LogoKind::Svg));
        let prologue = "\u{feff}<?xml version=\"1.0\"?>\n<!-- a --><!-- b -->\n<!DOCTYPE svg PUBLIC \"x\">\n<svg>";
        assert_eq!(kind(prologue.as_bytes()), Some(LogoKind::Svg));
        for content in ["", "GIF89a", "<html><svg>", "<svgx>", "<!-- <svg>", "<script>"] {
            assert_eq!(kind(content.as_bytes()), None, "{content}");
        }
        assert_eq!(kind(b"\xff\xfe<svg>"), None);
        assert!(Logo::read(vec![b' '; Logo::MAX_BYTES + 1]).is_err());
    }

    #[test]
    fn a_name_is_a_line() {
        for name in ["", " ", "a\nb", "\u{7}"] {
            assert!(Branding::default().named(name).is_err(), "{name:?}");
        }
        assert!(Branding::default().named(&"x".repeat(81)).is_err());
        assert_eq!(Branding::default().named("Bücher & mehr").unwrap().name(), "Bücher & mehr");
    }
}
