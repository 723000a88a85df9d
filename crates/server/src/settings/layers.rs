//! Where settings come from, and which wins: flags over the environment over the file over the defaults.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, Map, Source, Value};

use super::{DatabaseUrl, Settings, SettingsError};

/// The configuration file in the data directory.
pub const CONFIG_FILE: &str = "grantor.toml";

/// The file of key-encryption secrets, unless the configuration names another.
pub const ENCRYPTION_SECRETS_FILE: &str = "encryption-secrets";

/// The embedded database, unless the configuration names another.
pub const DATABASE_FILE: &str = "grantor.db";

/// What the names of our variables in the environment begin with; two underscores also stand for each dot of a key.
const PREFIX: &str = "GRANTOR__";

/// Keys whose value in the environment is a list.
const LISTS: [&str; 2] = ["http.token_paths", "keys.algorithms"];

/// The layers of configuration, before they are merged.
#[derive(Clone)]
pub struct Layers {
    data_dir: PathBuf,
    defaults: Vec<(&'static str, Vec<String>)>,
    file: Option<ConfigFile>,
    environment: HashMap<String, String>,
    flags: Vec<(&'static str, String)>,
}

impl Layers {
    /// Reads the file of the data directory (if there is one) and the environment of this process.
    ///
    /// # Errors
    /// If the file cannot be read or is not TOML, or a variable of ours is not text.
    pub fn read(data_dir: &Path) -> Result<Self, SettingsError> {
        Self::new(data_dir, std::env::vars_os())
    }

    fn new(data_dir: &Path, environment: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        Ok(Self {
            data_dir: data_dir.to_owned(),
            defaults: Vec::new(),
            file: ConfigFile::read(data_dir)?,
            environment: ours(environment)?,
            flags: Vec::new(),
        })
    }

    /// A list that counts where nothing else gives one.
    pub fn set_default(&mut self, key: &'static str, value: &[&str]) {
        self.defaults.push((key, value.iter().map(|item| (*item).to_owned()).collect()));
    }

    /// A value from a flag, which wins over everything.
    pub fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.flags.push((key, value.into()));
    }

    /// Whether a flag or the environment gives this key a value.
    #[must_use]
    pub fn commands(&self, key: &str) -> bool {
        let variable = format!("{PREFIX}{}", key.replace('.', "__").to_uppercase());
        self.flags.iter().any(|(name, _)| *name == key) || self.environment.contains_key(&variable)
    }

    /// Whether the file gives this key of its top level a value.
    #[must_use]
    pub fn file_has(&self, key: &str) -> bool {
        self.file.as_ref().is_some_and(|file| file.table.contains_key(key))
    }

    /// What comes out, not yet checked.
    ///
    /// # Errors
    /// If a key is unknown or a value is of the wrong type; the message names the key.
    pub fn merge(&self) -> Result<Settings, SettingsError> {
        self.build().and_then(Config::try_deserialize).map_err(SettingsError::invalid)
    }

    fn build(&self) -> Result<Config, ConfigError> {
        let secrets = self.data_dir.join(ENCRYPTION_SECRETS_FILE).display().to_string();
        let database = DatabaseUrl::sqlite(&self.data_dir.join(DATABASE_FILE));
        let mut builder = Config::builder()
            .set_default("keys.encryption_secret_file", secrets)?
            .set_default("database.url", database.expose())?;
        for (key, value) in &self.defaults {
            builder = builder.set_default(*key, value.clone())?;
        }
        if let Some(file) = &self.file {
            builder = builder.add_source(file.clone());
        }
        let environment = Environment::with_prefix(PREFIX.trim_end_matches('_')).prefix_separator("__").separator("__");
        let environment = environment.try_parsing(true).list_separator(",").source(Some(self.environment.clone()));
        let environment = LISTS.into_iter().fold(environment, Environment::with_list_parse_key);
        builder = builder.add_source(environment);
        for (key, value) in &self.flags {
            builder = builder.set_override(*key, value.as_str())?;
        }
        builder.build()
    }
}

/// The variables that are ours.
fn ours(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<HashMap<String, String>, SettingsError> {
    let mut found = HashMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let value = value.to_str().ok_or_else(|| SettingsError::EnvironmentNotText(name.to_owned()))?;
        found.insert(name.to_owned(), value.to_owned());
    }
    Ok(found)
}

/// The configuration file. Its relative paths are taken from the directory that it is in.
#[derive(Clone, Debug)]
struct ConfigFile {
    path: PathBuf,
    table: toml::Table,
}

impl ConfigFile {
    fn read(data_dir: &Path) -> Result<Option<Self>, SettingsError> {
        let path = data_dir.join(CONFIG_FILE);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SettingsError::Unreadable { path, source }),
        };
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| SettingsError::NotToml {
            path: path.clone(),
            line: error.span().and_then(|span| text.get(..span.start)).map(|before| before.split('\n').count()),
            message: error.message().to_owned(),
        })?;
        change(&mut table, "database", "url", |url| DatabaseUrl::new(url).relative_to(data_dir).expose().to_owned());
        change(&mut table, "keys", "encryption_secret_file", |file| data_dir.join(file).display().to_string());
        Ok(Some(Self { path, table }))
    }
}

/// Replaces a text in a section, if it is there.
fn change(table: &mut toml::Table, section: &str, key: &str, replace: impl FnOnce(&str) -> String) {
    let value = table.get_mut(section).and_then(toml::Value::as_table_mut).and_then(|section| section.get_mut(key));
    if let Some(toml::Value::String(text)) = value {
        *text = replace(text);
    }
}

impl Source for ConfigFile {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ConfigError> {
        let origin = self.path.display().to_string();
        Ok(self.table.iter().map(|(key, value)| (key.clone(), with_origin(&origin, value))).collect())
    }
}

/// A value of the file that knows where it is from, so that a message can say so.
fn with_origin(origin: &String, value: &toml::Value) -> Value {
    let kind: config::ValueKind = match value {
        toml::Value::Array(items) => items.iter().map(|item| with_origin(origin, item)).collect::<Vec<_>>().into(),
        toml::Value::Boolean(value) => (*value).into(),
        toml::Value::Datetime(value) => value.to_string().into(),
        toml::Value::Float(value) => (*value).into(),
        toml::Value::Integer(value) => (*value).into(),
        toml::Value::String(value) => value.as_str().into(),
        toml::Value::Table(table) => {
            let table = table.iter().map(|(key, value)| (key.clone(), with_origin(origin, value)));
            table.collect::<Map<_, _>>().into()
        }
    };
    Value::new(Some(origin), kind)
}

#[cfg(test)]
mod tests {
    use grantor_domain::jwt::JwsAlgorithm;

    use super::*;
    use crate::settings::HumanDuration;

    fn layers(file: &str, environment: &[(&str, &str)]) -> Result<Layers, SettingsError> {
        let data_dir = tempfile::tempdir().unwrap();
        std::fs::write(data_dir.path().join(CONFIG_FILE), file).unwrap();
        Layers::new(data_dir.path(), environment.iter().map(|(name, value)| (name.into(), value.into())))
    }

    fn refused(file: &str, environment: &[(&str, &str)]) -> String {
        layers(file, environment).and_then(|layers| layers.merge()).unwrap_err().to_string()
    }

    #[test]
    fn flags_win_over_environment_over_file_over_defaults() {
        let variable = ("GRANTOR__JWKS__MAX_AGE", "20s");
        let mut layers = layers("[jwks]\nmax_age = \"10s\"\n[cache]\nmax_stale = \"10s\"", &[variable]).unwrap();
        let settings = layers.merge().unwrap();
        assert_eq!(settings.jwks.max_age, HumanDuration::from_secs(20), "environment over file");
        assert_eq!(settings.cache.max_stale, HumanDuration::from_secs(10), "file over default");
        assert_eq!(settings.cache.clients, 10_000, "the default");
        layers.set("jwks.max_age", "30s");
        assert_eq!(layers.merge().unwrap().jwks.max_age, HumanDuration::from_secs(30), "flag over environment");
        assert!(layers.commands("jwks.max_age") && !layers.commands("cache.max_stale"));
    }

    #[test]
    fn the_environment_reads_numbers_and_lists() {
        let variables = [
            ("GRANTOR__DATABASE__POOL_SIZE", "3"),
            ("GRANTOR__HTTP__TOKEN_PATHS", "/token,/oauth/token"),
            ("GRANTOR__KEYS__ALGORITHMS", "ES256,RS256,EdDSA"),
            ("GRANTOR__LOG__FORMAT", "json"),
            ("GRANTOR__METRICS__LISTEN", "127.0.0.1:9090"),
            ("GRANTOR_TEST_SOMETHING", "is not ours"),
        ];
        let settings = layers("", &variables).unwrap().merge().unwrap();
        assert_eq!(settings.database.pool_size, Some(3));
        assert_eq!(settings.http.token_paths, ["/token", "/oauth/token"]);
        assert_eq!(settings.keys.algorithms, [JwsAlgorithm::ES256, JwsAlgorithm::RS256, JwsAlgorithm::EdDSA]);
        assert_eq!(settings.log.format, crate::settings::LogFormat::Json);
        assert_eq!(settings.metrics.listen, Some(([127, 0, 0, 1], 9090).into()));
        let one = layers("", &[("GRANTOR__HTTP__TOKEN_PATHS", "/token")]).unwrap().merge().unwrap();
        assert_eq!(one.http.token_paths, ["/token"]);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let check = |message: String, names: &[&str]| {
            assert!(names.iter().all(|name| message.contains(name)), "{message}");
        };
        check(refused("isuer = \"x\"", &[]), &["isuer"]);
        check(refused("[http]\nlissten = \"x\"", &[]), &["lissten", "http"]);
        check(refused("", &[("GRANTOR__DATABASE__URI", "x")]), &["uri", "database"]);
        check(refused("", &[("GRANTOR__DATABSE__URL", "x")]), &["databse"]);
    }

    #[test]
    fn a_wrong_value_is_refused_by_key_and_place() {
        let message = refused("[jwks]\nmax_age = 30", &[]);
        assert!(message.contains("jwks.max_age") && message.contains("30s"), "{message}");
        let message = refused("", &[("GRANTOR__HTTP__LISTEN", "localhost")]);
        assert!(message.contains("http.listen"), "{message}");
        let message = refused("[database]\nqueue = \"many\"", &[]);
        assert!(message.contains("database.queue") && message.contains(CONFIG_FILE), "{message}");
    }

    #[test]
    fn no_message_shows_a_secret() {
        for file in [
            "database = \"postgres://u:hush@h/d\"",
            "[database]\nurl = [\"postgres://u:hush@h/d\"]",
            "[database]\nurl = \"postgres://u:hush@h/d\" x",
            "[database]\nurl = postgres://u:hush@h/d",
        ] {
            let message = refused(file, &[]);
            assert!(!message.contains("hush"), "{message}");
        }
        assert!(refused("a = 1\nb = c = d", &[]).contains("line 2"));
    }

    #[test]
    fn paths_of_the_file_are_relative_to_it() {
        let layers = layers("[database]\nurl = \"sqlite:x.db\"\n[keys]\nencryption_secret_file = \"s\"", &[]).unwrap();
        let settings = layers.merge().unwrap();
        let data_dir = &layers.data_dir;
        assert_eq!(settings.database.url, DatabaseUrl::sqlite(&data_dir.join("x.db")));
        assert_eq!(settings.keys.encryption_secret_file, data_dir.join("s"));
    }
}
