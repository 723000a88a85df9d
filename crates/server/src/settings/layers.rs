//! Where settings come from, and which wins: flags over the environment over the file over the defaults.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::{fmt, io};

use config::{Config, ConfigError, Environment, Map, Value};

use super::{DATABASE_FILE, DatabaseUrl, ENCRYPTION_SECRETS_FILE, Place, Settings, SettingsError};

/// What the names of our variables in the environment begin with; two underscores also stand for each dot of a key.
const PREFIX: &str = "GRANTOR__";

/// Keys whose value in the environment is a list.
const LISTS: [&str; 8] = [
    "account.editable_claims",
    "http.token_paths",
    "http.trusted_proxies",
    "keys.algorithms",
    "outbound.private_networks",
    "registration.grant_types",
    "scopes.advertised",
    "sign_in.shared_addresses",
];

/// Keys whose value is a path, which starts at the file's directory if it stands in the file.
const PATHS: [&str; 7] = [
    "branding.directory",
    "branding.logo_file",
    "database.tls_root_file",
    "keys.encryption_secret_file",
    "outbound.root_file",
    "tls.certificate_file",
    "tls.key_file",
];

/// The layers of configuration, before they are merged.
#[derive(Clone)]
pub struct Layers {
    place: Place,
    defaults: Vec<(&'static str, Value)>,
    file: Option<ConfigFile>,
    environment: HashMap<String, String>,
    flags: Vec<(&'static str, String)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Nothing gives one: the default counts.
    Default,
    /// This variable of the environment.
    Environment(String),
    /// The configuration file.
    File(PathBuf),
    /// A flag of the command.
    Flag,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Environment(name) => write!(f, "environment: {name}"),
            Self::File(path) => write!(f, "file: {}", path.display()),
            Self::Flag => f.write_str("flag"),
        }
    }
}

impl Layers {
    /// Reads the file (if there is one) and the environment of this process.
    ///
    /// # Errors
    /// If the file cannot be read or is not TOML, or a variable of ours is not text.
    pub fn read(place: &Place) -> Result<Self, SettingsError> {
        Self::new(place, std::env::vars_os())
    }

    fn new(place: &Place, environment: impl Iterator<Item = (OsString, OsString)>) -> Result<Self, SettingsError> {
        Ok(Self {
            place: place.clone(),
            defaults: Vec::new(),
            file: ConfigFile::read(place)?,
            environment: ours(environment)?,
            flags: Vec::new(),
        })
    }

    /// A value that counts where nothing else gives one.
    pub fn set_default(&mut self, key: &'static str, value: impl Into<Value>) {
        self.defaults.push((key, value.into()));
    }

    /// A value from a flag, which wins over everything.
    pub fn set(&mut self, key: &'static str, value: impl Into<String>) {
        self.flags.push((key, value.into()));
    }

    /// Where this key has its value from.
    #[must_use]
    pub fn source(&self, key: &str) -> Source {
        let variable = format!("{PREFIX}{}", key.replace('.', "__").to_uppercase());
        if self.flags.iter().any(|(name, _)| *name == key) {
            Source::Flag
        } else if self.environment.contains_key(&variable) {
            Source::Environment(variable)
        } else if let Some(file) = self.file.as_ref().filter(|file| file.has(key)) {
            Source::File(file.path.clone())
        } else {
            Source::Default
        }
    }

    /// Whether a flag or the environment gives this key a value.
    #[must_use]
    pub fn commands(&self, key: &str) -> bool {
        matches!(self.source(key), Source::Environment(_) | Source::Flag)
    }

    /// What comes out, not yet checked.
    ///
    /// # Errors
    /// If a key is unknown or a value is of the wrong type; the message names the key.
    pub fn merge(&self) -> Result<Settings, SettingsError> {
        self.build().and_then(Config::try_deserialize).map_err(SettingsError::invalid)
    }

    fn build(&self) -> Result<Config, ConfigError> {
        let directory = self.place.directory();
        let secrets = directory.join(ENCRYPTION_SECRETS_FILE).display().to_string();
        let database = DatabaseUrl::sqlite(&directory.join(DATABASE_FILE));
        let mut builder = Config::builder()
            .set_default("keys.encryption_secret_file", secrets)?
            .set_default("database.url", database.expose())?;
        for (key, value) in &self.defaults {
            builder = builder.set_default(*key, value.clone())?;
        }
        if let Some(file) = &self.file {
            builder = builder.add_source(file.clone());
        }
        let (lists, values): (HashMap<_, _>, HashMap<_, _>) =
            self.environment.clone().into_iter().partition(|(name, _)| LISTS.contains(&key_of(name).as_str()));
        let environment = Environment::with_prefix(PREFIX.trim_end_matches('_')).prefix_separator("__").separator("__");
        builder = builder.add_source(environment.try_parsing(true).source(Some(values)));
        builder = builder.add_source(environment_lists(&lists)?);
        for (key, value) in &self.flags {
            builder = builder.set_override(*key, value.as_str())?;
        }
        builder.build()
    }
}

/// The key that a variable of ours stands for.
fn key_of(variable: &str) -> String {
    variable.strip_prefix(PREFIX).unwrap_or_default().replace("__", ".").to_lowercase()
}

/// Lists of the environment: items separated by commas, spaces around them not counted; nothing is the empty list.
fn environment_lists(variables: &HashMap<String, String>) -> Result<Config, ConfigError> {
    let mut lists = Config::builder();
    for (name, value) in variables {
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        lists = lists.set_override(key_of(name), items.map(str::to_owned).collect::<Vec<_>>())?;
    }
    lists.build()
}

/// The variables that are ours. One that names no key, or not as it should, is refused.
fn ours(environment: impl Iterator<Item = (OsString, OsString)>) -> Result<HashMap<String, String>, SettingsError> {
    let known: Vec<_> = Settings::default().keys().into_iter().map(|key| key.name).collect();
    let mut found = HashMap::new();
    for (name, value) in environment {
        let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
        let key = key_of(name);
        if !known.contains(&key.as_str()) || name != name.to_uppercase() {
            return Err(SettingsError::EnvironmentUnknown { variable: name.to_owned(), key });
        }
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
    fn read(place: &Place) -> Result<Option<Self>, SettingsError> {
        let path = place.file().to_owned();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !place.is_named() => return Ok(None),
            Err(source) => return Err(SettingsError::Unreadable { path, source }),
        };
        let mut table: toml::Table = text.parse().map_err(|error: toml::de::Error| SettingsError::NotToml {
            path: path.clone(),
            line: error.span().and_then(|span| text.get(..span.start)).map(|before| before.split('\n').count()),
            message: error.message().to_owned(),
        })?;
        let directory = place.directory();
        change(&mut table, "database.url", |url| DatabaseUrl::new(url).relative_to(directory).expose().to_owned());
        for key in PATHS {
            change(&mut table, key, |path| directory.join(path).display().to_string());
        }
        Ok(Some(Self { path, table }))
    }

    /// Whether the file gives this key a value.
    fn has(&self, key: &str) -> bool {
        match key.split_once('.') {
            Some((section, key)) => self.table.get(section).is_some_and(|section| section.get(key).is_some()),
            None => self.table.contains_key(key),
        }
    }
}

/// Replaces the text of a key in a section, if it is there.
fn change(table: &mut toml::Table, key: &str, replace: impl FnOnce(&str) -> String) {
    let value = key.split_once('.').and_then(|(section, key)| table.get_mut(section)?.get_mut(key));
    if let Some(toml::Value::String(text)) = value {
        *text = replace(text);
    }
}

impl config::Source for ConfigFile {
    fn clone_into_box(&self) -> Box<dyn config::Source + Send + Sync> {
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
    use std::path::Path;

    use grantor_domain::jwt::JwsAlgorithm;

    use super::*;
    use crate::settings::{CONFIG_FILE, HumanDuration, LogFormat};

    fn layers(file: &str, environment: &[(&str, &str)]) -> Result<Layers, SettingsError> {
        let data_dir = tempfile::tempdir().unwrap();
        let place = Place::data_dir(data_dir.path());
        std::fs::write(place.file(), file).unwrap();
        Layers::new(&place, environment.iter().map(|(name, value)| (name.into(), value.into())))
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
        assert_eq!(layers.source("jwks.max_age"), Source::Flag);
        assert!(matches!(layers.source("cache.max_stale"), Source::File(path) if path.ends_with(CONFIG_FILE)));
        assert_eq!(layers.source("cache.clients"), Source::Default);
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
        assert_eq!(settings.log.format, LogFormat::Json);
        assert_eq!(
            layers("", &variables).unwrap().source("log.format").to_string(),
            "environment: GRANTOR__LOG__FORMAT"
        );
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
        check(refused("", &[("GRANTOR__http__listen", "x")]), &["GRANTOR__http__listen", "GRANTOR__HTTP__LISTEN"]);
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

    /// Whatever is wrong, the message says what would be right.
    #[test]
    fn a_wrong_word_is_answered_with_the_right_ones() {
        let check = |file: &str, words: &[&str]| {
            let message = refused(file, &[]);
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        };
        check("[database]\ntls = \"require\"", &["database.tls", "`prefer`", "`verify_full`"]);
        check("[log]\nformat = \"yaml\"", &["log.format", "`json`", "`text`"]);
        check("[http]\nproxy_header = \"x-real-ip\"", &["http.proxy_header", "`forwarded`"]);
        check("[http]\nlisten = \":8080\"", &["http.listen", "127.0.0.1:8080"]);
        check("[http]\ntrusted_proxies = \"127.0.0.1\"", &["http.trusted_proxies", "list"]);
        check("[http]\nworkers = 0", &["http.workers", "at least 1"]);
        check("[keys]\nalgorithms = [\"RS257\"]", &["keys.algorithms", "ES256"]);
        check("[metrics]\nlisten = \"\"", &["metrics.listen", "127.0.0.1:8080"]);
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
    fn lists_of_the_environment_may_be_spaced_or_empty() {
        let file = "[http]\ntrusted_proxies = [\"10.0.0.1\"]";
        let proxies = |value: &str| {
            let layers = layers(file, &[("GRANTOR__HTTP__TRUSTED_PROXIES", value)]).unwrap();
            layers.merge().unwrap().http.trusted_proxies.to_string()
        };
        assert_eq!(proxies("10.0.0.2, 10.0.0.3"), "[\"10.0.0.2/32\", \"10.0.0.3/32\"]");
        assert_eq!(proxies(""), "[]");
        let scopes = layers("", &[("GRANTOR__SCOPES__ADVERTISED", "a, b")]).unwrap().merge().unwrap();
        assert_eq!(scopes.scopes.advertised, ["a", "b"]);
    }

    #[test]
    fn a_file_that_was_named_must_be_there() {
        let missing = Place::config_file(Path::new("/nowhere/grantor.toml"));
        let error = Layers::new(&missing, std::iter::empty()).err().unwrap();
        assert_eq!(error.to_string(), "cannot read /nowhere/grantor.toml");
        assert!(Layers::new(&Place::data_dir(Path::new("/nowhere")), std::iter::empty()).is_ok());
    }

    #[test]
    fn secrets_and_proxies_come_from_the_environment() {
        let variables =
            [("GRANTOR__KEYS__ENCRYPTION_SECRET", "hush"), ("GRANTOR__HTTP__TRUSTED_PROXIES", "::1,10.0.0.0/8")];
        let settings = layers("", &variables).unwrap().merge().unwrap();
        assert_eq!(settings.keys.encryption_secret.as_ref().map(|secret| secret.0.expose()), Some("hush"));
        assert_eq!(settings.http.trusted_proxies.to_string(), "[\"::1/128\", \"10.0.0.0/8\"]");
        assert!(!format!("{settings:?}{:?}", settings.keys()).contains("hush"));
    }

    #[test]
    fn paths_of_the_file_are_relative_to_it() {
        let file =
            "[database]\nurl = \"sqlite:x.db\"\n[keys]\nencryption_secret_file = \"s\"\n[tls]\nkey_file = \"/k\"";
        let layers = layers(file, &[]).unwrap();
        let settings = layers.merge().unwrap();
        let data_dir = layers.place.directory();
        assert_eq!(settings.tls.key_file.as_deref(), Some(Path::new("/k")));
        assert_eq!(settings.database.url, DatabaseUrl::sqlite(&data_dir.join("x.db")));
        assert_eq!(settings.keys.encryption_secret_file, data_dir.join("s"));
    }
}
