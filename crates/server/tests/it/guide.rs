//! docs/guide.md, walked step by step: what it says is what happens, and every picture that it shows is there.

use std::path::{Path, PathBuf};

use crate::browser::{Look, NARROWEST, Scripts};
use crate::factors::{named_server, shown};
use crate::routes::support::patience;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn guide() -> String {
    std::fs::read_to_string(docs().join("guide.md")).unwrap()
}

/// What stands behind these words of the guide, up to those.
fn quoted<'a>(guide: &'a str, begins: &'a str, ends: &'a str) -> impl Iterator<Item = &'a str> {
    guide.split(begins).skip(1).filter_map(move |rest| rest.split_once(ends)).map(|(quoted, _)| quoted)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_steps_of_the_guide_lead_where_it_says() {
    let server = named_server(Vec::new()).await;
    let look = Look { scripts: Scripts::On, dark: false, size: (NARROWEST, 844) };
    let browser = crate::browser::Browser::open_as(look).await;
    browser.gets_an_authenticator().await;
    let mut walked = 0;
    for step in quoted(&guide(), "<!-- step: ", " -->") {
        let (verb, rest) = step.split_once(' ').unwrap();
        let (what, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match verb {
            "open" => browser.client.goto(&format!("{}{what}", server.issuer)).await.unwrap(),
            "press" => browser.press(what).await,
            "see" => {
                let sees = async || browser.text(what).await.contains(text);
                patience::until(step, sees).await;
            }
            "type" if text == "{what the app shows}" => {
                let key = browser.text("#secret").await;
                browser.types(what, &shown(&key)).await;
            }
            "type" => browser.types(what, text).await,
            _ => panic!("no step: {step}"),
        }
        walked += 1;
    }
    assert!(walked > 30, "the steps of the guide are found: {walked}");
    browser.close().await;
}

#[test]
fn every_picture_of_the_guide_is_there() {
    let guide = guide();
    let pictures: Vec<_> = quoted(&guide, "](pictures/", ")").collect();
    assert!(pictures.len() >= 8, "{pictures:?}");
    for picture in pictures {
        assert!(docs().join("pictures").join(picture).is_file(), "{picture}");
    }
}
