//! QR codes (ISO/IEC 18004) as one path of an SVG, so that a page can show one without a picture from elsewhere.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel};
use serde::Serialize;

/// Modules that stay light around it: without them readers do not find it.
const QUIET_ZONE: usize = 4;

/// What an SVG needs to show a code: a square of `size` units, of which `path` is dark. The rest must be light, whatever the
/// colours around it are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QrCode {
    size: usize,
    path: String,
}

impl QrCode {
    /// The code of a text; none if it is too long for one.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = qrcode::QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let (width, modules) = (code.width(), code.to_colors());
        let mut path = String::new();
        for (y, row) in modules.chunks(width).enumerate() {
            for (x, _) in row.iter().enumerate().filter(|(_, module)| **module == Color::Dark) {
                // Writing to a text never fails.
                let _written = write!(path, "M{} {}h1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
            }
        }
        Some(Self { size: width + 2 * QUIET_ZONE, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_quiet_zone() {
        let code = QrCode::of("https://id.example.com/device?user_code=WDJB-MJHT").unwrap();
        assert_eq!(code.size, 41, "version 4");
        let is_dark = |x: usize, y: usize| code.path.contains(&format!("M{x} {y}h"));
        for (x, y) in [(4, 4), (30, 4), (4, 30)] {
            let corner: String = (0..7).map(|step| if is_dark(x + step, y) { '#' } else { '.' }).collect();
            assert_eq!(corner, "#######", "{x} {y}");
            assert!(is_dark(x + 3, y + 3) && !is_dark(x + 1, y + 1));
        }
        assert!((0..4).all(|edge| (0..41).all(|along| !is_dark(edge, along) && !is_dark(along, edge))));
    }

    #[test]
    fn what_is_too_long_has_none() {
        assert_eq!(QrCode::of(&"x".repeat(3000)), None);
    }
}
