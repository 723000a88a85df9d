//! `grantor dev`: a server to develop with, ready a second after it is started. Makes what is missing, keeps what is
//! there, and prints what to try.

mod banner;
mod config_file;

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use grantor_application::admin::ApplyFile;
use grantor_ports::Random;
use tracing_appender::non_blocking::WorkerGuard;

use crate::cli::{DevArgs, Storage};
use crate::settings::{Layers, Settings, SettingsError, Source};
use crate::tls::Certificate;
use crate::wiring::Adapters;
use crate::{commands, demo, http_server, installation, logging, output, running, serve};

/// Serves until it is told to stop.
///
/// # Errors
/// If something that it needs cannot be had; the message says what to do.
pub(crate) fn run(storage: &Storage, args: &DevArgs) -> anyhow::Result<()> {
    running::runtime()?.block_on(async {
        let (settings, listener, _log) = prepare(storage, args)?;
        serve(&settings, storage.place().directory(), listener).await
    })
}

/// Settles the configuration and takes the address, before anything is written: a second start on a taken address
/// changes nothing.
fn prepare(storage: &Storage, args: &DevArgs) -> anyhow::Result<(Settings, TcpListener, WorkerGuard)> {
    let mut layers = layers(storage, args)?;
    let listener = http_server::bind(layers.merge()?.http.listen)?;
    let settings = settle(&mut layers, listener.local_addr()?)?;
    let log = logging::start_server(&settings.log, &settings.tracing, serve::LOG_FILTER)?;
    let place = storage.place();
    installation::ensure_secrets(&settings, place.directory())?;
    config_file::ensure(&settings, &place, layers.commands("database.url"))?;
    Ok((settings, listener, log))
}

/// The settings of a server on this address. Whoever moves the address by a flag moves the issuer along, whatever
/// address the file was written for.
fn settle(layers: &mut Layers, address: SocketAddr) -> Result<Settings, SettingsError> {
    let moved = layers.commands("http.listen") || layers.source("issuer") == Source::Default;
    if !layers.commands("issuer") && moved {
        layers.set("issuer", format!("http://{address}"));
    }
    layers.set("http.listen", address.to_string());
    let settings = layers.merge()?;
    settings.check()?;
    Ok(settings)
}

fn layers(storage: &Storage, args: &DevArgs) -> anyhow::Result<Layers> {
    let mut layers = commands::layers(storage)?;
    layers.set_default("http.token_paths", demo::TOKEN_PATHS.to_vec());
    layers.set_default("http.playground", true);
    if let Some(listen) = args.listen {
        layers.set("http.listen", listen.to_string());
    }
    if let Some(issuer) = &args.issuer {
        layers.set("issuer", issuer);
    }
    Ok(layers)
}

async fn serve(settings: &Settings, data_dir: &Path, listener: TcpListener) -> anyhow::Result<()> {
    let is_demo = may_load_demo_set(settings);
    let demo_set = if is_demo { demo::read(data_dir, settings.issuer.as_deref())? } else { ApplyFile::default() };
    if is_demo && !settings.is_local() {
        tracing::warn!("the passwords and secrets of the demo set are public: let nobody else reach this server");
    }
    let playground = demo::playground(&demo_set);
    let (certificate, pages) = (Certificate::read(&settings.tls)?, settings.branding.pages()?);
    let adapters = Adapters::start(settings)?;
    let verifier = verifier(&*adapters.random);
    let is_new = installation::install(&adapters, settings, demo_set).await?;
    running::run(settings, adapters, playground, (listener, certificate, pages), |service| {
        tracing::info!(is_new, database = %settings.database.url, "ready");
        let text = if is_demo {
            banner::text(service.settings(), data_dir, &verifier)
        } else {
            banner::without_demo_set(service.settings())
        };
        let playground = settings.http.playground.then(|| banner::playground(service.settings()));
        output::print_text(&(text + &playground.unwrap_or_default()))
    })
    .await
}

/// The passwords and secrets of the demo set are public: it is for a server that says it is on this machine, or that only
/// this machine can connect to.
fn may_load_demo_set(settings: &Settings) -> bool {
    settings.is_local() || settings.http.listen.ip().is_loopback()
}

/// A PKCE verifier for the banner's code flow (RFC 7636 §4.1).
fn verifier(random: &dyn Random) -> String {
    banner::base64url(&random.array::<32>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Place;

    #[test]
    fn the_issuer_follows_the_address_unless_it_is_chosen() {
        let check = |file: &str, listen: Option<&str>, issuer: Option<&str>, expect: &str| {
            let data_dir = tempfile::tempdir().unwrap();
            std::fs::write(data_dir.path().join("grantor.toml"), file).unwrap();
            let storage = Storage { config: None, data_dir: data_dir.path().to_owned(), database_url: None };
            let listen = listen.map(|listen| listen.parse().unwrap());
            let mut layers = layers(&storage, &DevArgs { listen, issuer: issuer.map(str::to_owned) }).unwrap();
            let address = layers.merge().unwrap().http.listen;
            assert_eq!(settle(&mut layers, address).unwrap().issuer.as_deref(), Some(expect));
        };
        let file = "issuer = \"http://localhost:7000\"\n[http]\nlisten = \"127.0.0.1:7000\"";
        check("", None, None, "http://127.0.0.1:8080");
        check("", Some("127.0.0.1:9000"), None, "http://127.0.0.1:9000");
        check(file, None, None, "http://localhost:7000");
        check(file, Some("127.0.0.1:9000"), None, "http://127.0.0.1:9000");
        check(file, Some("127.0.0.1:9000"), Some("https://id.example"), "https://id.example");
    }

    #[test]
    fn there_is_a_playground_unless_somebody_says_no() {
        let data_dir = tempfile::tempdir().unwrap();
        let storage = Storage { config: None, data_dir: data_dir.path().to_owned(), database_url: None };
        let on = || layers(&storage, &DevArgs { listen: None, issuer: None }).unwrap().merge().unwrap().http.playground;
        assert!(on());
        std::fs::write(data_dir.path().join("grantor.toml"), "[http]\nplayground = false").unwrap();
        assert!(!on() && !Settings::default().http.playground);
    }

    #[test]
    fn an_address_that_others_reach_needs_an_issuer() {
        let data_dir = tempfile::tempdir().unwrap();
        let mut layers = Layers::read(&Place::data_dir(data_dir.path())).unwrap();
        let error = settle(&mut layers, SocketAddr::from(([0, 0, 0, 0], 8080))).unwrap_err();
        assert!(error.to_string().starts_with("issuer: "), "{error}");
    }

    #[test]
    fn the_demo_set_stays_on_this_machine() {
        let check = |issuer: &str, listen: &str, expect: bool| {
            let mut settings = Settings { issuer: Some(issuer.to_owned()), ..Settings::default() };
            settings.http.listen = listen.parse().unwrap();
            assert_eq!(may_load_demo_set(&settings), expect, "{issuer} {listen}");
        };
        check("http://127.0.0.1:8080", "127.0.0.1:8080", true);
        check("http://localhost:8080", "0.0.0.0:8080", true);
        check("https://id.example", "127.0.0.1:8080", true);
        check("https://id.example", "0.0.0.0:8080", false);
    }
}
