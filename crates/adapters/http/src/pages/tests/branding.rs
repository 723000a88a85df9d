//! Shows that the pages are an operator's own: by name, logo and colour.

use super::*;

fn branded(branding: Branding) -> Pages {
    Pages::load(None, branding).unwrap()
}

#[test]
fn a_name_stands_above_every_page_and_in_its_title() {
    let pages = branded(Branding::default().named("Bücher <& mehr>").unwrap());
    for page in all_pages(&pages) {
        assert_in_order(&page, &[" – Bücher &lt;&amp; mehr&gt;</title>", "<span>Bücher &lt;&amp; mehr&gt;</span>"]);
        assert!(!page.contains("Grantor"), "{page}");
    }
}

#[test]
fn a_logo_takes_the_place_of_ours() {
    let ours = pages().login(&ENGLISH, &sample::LOGIN).unwrap();
    assert!(ours.contains("<svg class=\"mark\"") && ours.contains("href=\"data:image/svg+xml,"), "{ours}");

    let logo = |content: &str| Branding::default().with_logo(Logo::read(content.as_bytes().to_vec()).unwrap());
    let page = branded(logo("<svg></svg>")).login(&ENGLISH, &sample::LOGIN).unwrap();
    assert_in_order(
        &page,
        &[
            "<link rel=\"icon\" type=\"image/svg+xml\" href=\"/assets/logo?v=",
            "<img class=\"mark\" src=\"/assets/logo?v=",
            "<span>Grantor</span>",
        ],
    );
    assert!(!page.contains("<svg class=\"mark\"") && !page.contains("data:"), "{page}");
    let other = branded(logo("<svg> </svg>")).login(&ENGLISH, &sample::LOGIN).unwrap();
    assert_ne!(page, other, "another logo has another address");
}

#[test]
fn a_colour_is_part_of_the_stylesheet_whoever_wrote_it() {
    let colour = Branding::default().with_accent(Accent::read("#003366", Scheme::Light).unwrap());
    let ours = branded(colour.clone());
    assert!(ours.stylesheet().starts_with(STYLESHEET) && ours.stylesheet().contains("--accent: #003366;"));
    assert_ne!(ours.stylesheet_href(), pages().stylesheet_href());

    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("grantor.css"), "body { color: red }").unwrap();
    let theirs = Pages::load(Some(directory.path()), colour).unwrap();
    assert!(theirs.stylesheet().starts_with("body { color: red }") && theirs.stylesheet().contains("#003366"));
}

#[test]
fn what_is_written_on_a_button_is_what_contrast_is_measured_with() {
    for color in ["--on-accent: #ffffff;", "--on-accent: #0b1f18;"] {
        assert!(STYLESHEET.contains(color), "{color}");
    }
}
