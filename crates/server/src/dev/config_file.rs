//! The configuration file that `dev` writes at its first start, so that every other command finds the same database.

use anyhow::Context;
use zeroize::Zeroizing;

use crate::data_dir;
use crate::settings::{CONFIG_FILE, DATABASE_FILE, DatabaseUrl, ENCRYPTION_SECRETS_FILE, Layers, Place, Settings};

const INTRODUCTION: &str = "\
# Written by `grantor dev` at its first start, and never again: change it as you like. Each key can also be set in the
# environment (GRANTOR__HTTP__LISTEN), and flags win over both. Durations are written 30s, 5m, 24h or 180d; relative
# paths start at this directory.
";

/// Writes the file unless it is there. One that is there stays, and a warning says so if other commands would work on
/// something else than this process does.
///
/// # Errors
/// If it cannot be written or read.
pub(super) fn ensure(settings: &Settings, place: &Place, database_is_chosen: bool) -> anyhow::Result<()> {
    let directory = std::env::current_dir().context("the current directory")?;
    let url = if database_is_chosen {
        settings.database.url.relative_to(&directory)
    } else {
        DatabaseUrl::new(format!("sqlite:{DATABASE_FILE}"))
    };
    let written = data_dir::read_or_create(place.file(), || Ok(Zeroizing::new(content(settings, &url))))?;
    if !written.created {
        warn_of_differences(settings, place)?;
    }
    Ok(())
}

fn content(settings: &Settings, url: &DatabaseUrl) -> String {
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let token_paths = toml::Value::from(settings.http.token_paths.clone());
    format!(
        "{INTRODUCTION}\nissuer = {}\n\n[http]\nlisten = {}\ntoken_paths = {token_paths}\n\n[database]\nurl = {}\n\n\
         [keys]\nencryption_secret_file = {}\n",
        quoted(settings.issuer.as_deref().unwrap_or_default()),
        quoted(&settings.http.listen.to_string()),
        quoted(url.expose()),
        quoted(ENCRYPTION_SECRETS_FILE),
    )
}

fn warn_of_differences(settings: &Settings, place: &Place) -> anyhow::Result<()> {
    let others = Layers::read(place)?.merge()?;
    for (key, differs) in
        [("issuer", others.issuer != settings.issuer), ("database.url", others.database.url != settings.database.url)]
    {
        if differs {
            tracing::warn!(key, "{CONFIG_FILE} says otherwise, and other commands follow it unless a flag tells them");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_reads_back_as_it_was_meant() {
        let data_dir = tempfile::tempdir().unwrap();
        let place = Place::data_dir(data_dir.path());
        let layers = Layers::read(&place).unwrap();
        let mut settings = layers.merge().unwrap();
        settings.issuer = Some("http://127.0.0.1:9".to_owned());
        settings.http.token_paths = vec!["/oauth/token".to_owned(), "/token".to_owned()];
        insta::assert_snapshot!(content(&settings, &DatabaseUrl::new("sqlite:grantor.db")), @r#"
        # Written by `grantor dev` at its first start, and never again: change it as you like. Each key can also be set in the
        # environment (GRANTOR__HTTP__LISTEN), and flags win over both. Durations are written 30s, 5m, 24h or 180d; relative
        # paths start at this directory.

        issuer = "http://127.0.0.1:9"

        [http]
        listen = "127.0.0.1:8080"
        token_paths = ["/oauth/token", "/token"]

        [database]
        url = "sqlite:grantor.db"

        [keys]
        encryption_secret_file = "encryption-secrets"
        "#);
        ensure(&settings, &place, false).unwrap();
        let read = Layers::read(&place).unwrap().merge().unwrap();
        assert_eq!(format!("{read:?}"), format!("{settings:?}"));
        settings.issuer = Some("http://127.0.0.1:10".to_owned());
        ensure(&settings, &place, false).unwrap();
        let kept = Layers::read(&place).unwrap().merge().unwrap();
        assert_eq!(kept.issuer, read.issuer, "the first one stays");
    }
}
