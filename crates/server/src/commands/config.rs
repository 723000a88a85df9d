//! `grantor config`: whether the configuration will do, and what it is.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::cli::{ConfigCommand, Storage};
use crate::settings::{Key, Layers, Settings};
use crate::{output, serve};

/// Checks or prints.
pub(super) fn run(storage: &Storage, command: &ConfigCommand) -> anyhow::Result<()> {
    let layers = super::layers(storage)?;
    match command {
        ConfigCommand::Check(output) => output::print(*output, &check(&layers.merge()?)?),
        ConfigCommand::Print(output) => output::print(*output, &Print::new(&layers)?),
    }
}

/// Whatever a server would refuse before it asks the database.
fn check(settings: &Settings) -> anyhow::Result<Check> {
    serve::Prepared::from_settings(settings)?;
    Ok(Check {
        issuer: settings.issuer.clone().unwrap_or_default(),
        database: settings.database.url.to_string(),
        warnings: settings.warnings(),
    })
}

/// A configuration that will do.
#[derive(Serialize)]
struct Check {
    issuer: String,
    database: String,
    warnings: Vec<String>,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the configuration is good: {} on {}", self.issuer, self.database)?;
        self.warnings.iter().try_for_each(|warning| writeln!(f, "warning: {warning}"))
    }
}

/// Every key.
#[derive(Serialize)]
#[serde(transparent)]
struct Print(Vec<Row>);

/// A key; its values are in the syntax of TOML, and in JSON what they mean.
#[derive(Serialize)]
struct Row {
    key: &'static str,
    #[serde(serialize_with = "meant")]
    value: Option<String>,
    #[serde(serialize_with = "meant")]
    default: Option<String>,
    source: String,
}

fn meant<S: Serializer>(written: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
    let table: Option<toml::Table> = written.as_ref().and_then(|text| format!("value = {text}").parse().ok());
    table.as_ref().and_then(|table| table.get("value")).serialize(serializer)
}

impl Print {
    fn new(layers: &Layers) -> anyhow::Result<Self> {
        let (keys, defaults) = (layers.merge()?.keys(), Settings::default().keys());
        let row = |(key, default): (Key, Key)| Row {
            key: key.name,
            source: layers.source(key.name).to_string(),
            value: key.value,
            default: default.value,
        };
        Ok(Self(keys.into_iter().zip(defaults).map(row).collect()))
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let rows: Vec<_> = self
            .0
            .iter()
            .map(|row| [row.key.to_owned(), shown(&row.value), shown(&row.default), row.source.clone()])
            .collect();
        output::write_table(f, ["key", "value", "default", "source"], &rows)
    }
}
