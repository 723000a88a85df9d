//! Files to apply: read as TOML or JSON, with one thing resolved before the use cases see them. A client may name
//! its public keys by file, `jwks_file = "machine.jwk"`: a JWK or a JWK set (RFC 7517) relative to the data directory. For
//! one that is not there, a new private ES256 key is drawn; whoever applies the file decides whether it may be kept. Only
//! public members go any further.

use std::ffi::OsStr;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use grantor_application::admin::ApplyFile;
use grantor_domain::client::ClientId;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use crate::data_dir;
use crate::settings::without_value;

/// The key of a client that names its key file.
const JWKS_FILE: &str = "jwks_file";

/// Members of a JWK that are public (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2): all others stay where they are.
const PUBLIC_MEMBERS: [&str; 13] =
    ["alg", "crv", "e", "key_ops", "kid", "kty", "n", "use", "x", "x5c", "x5t", "x5t#S256", "y"];

/// How a file is written. The members are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 8259.
    Json,
    /// TOML 1.0.
    Toml,
}

impl Format {
    /// By the ending of the file's name; where there is none to go by, what begins with a brace is JSON.
    fn of(path: Option<&Path>, text: &str) -> Self {
        let ending = path.and_then(Path::extension).and_then(OsStr::to_str).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ if text.trim_start().starts_with('{') => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// The file on the command line that means standard input.
const STANDARD_INPUT: &str = "-";

/// A file as it was found.
pub(crate) struct Written {
    text: Zeroizing<String>,
    format: Format,
    /// What it is called in messages.
    pub(crate) name: String,
}

impl Written {
    /// Reads the file at `path`, or standard input if that is `-`.
    ///
    /// # Errors
    /// If there is no such file, or it is no text.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new(STANDARD_INPUT) {
            let mut text = Zeroizing::new(String::new());
            io::stdin().read_to_string(&mut text).context("standard input cannot be read as text")?;
            return Ok(Self { format: Format::of(None, &text), text, name: "standard input".to_owned() });
        }
        let name = path.display().to_string();
        let text = data_dir::read(path)?.with_context(|| format!("there is no file {name}"))?;
        Ok(Self { format: Format::of(Some(path), &text), text, name })
    }

    /// Reads what it says.
    ///
    /// # Errors
    /// As [`parse`]; each message names the file.
    pub(crate) fn parse(&self, data_dir: &Path) -> anyhow::Result<(ApplyFile, Vec<NewKey>)> {
        parse(&self.text, self.format, data_dir).with_context(|| self.name.clone())
    }
}

/// A key for clients whose key file is not there. Nothing of it is written yet.
pub(crate) struct NewKey {
    /// Whose it is to be.
    pub(crate) clients: Vec<ClientId>,
    /// Where it is to be.
    pub(crate) path: PathBuf,
    text: Zeroizing<String>,
}

impl NewKey {
    /// Makes the file, unless it is there by now. Says whether it holds this key.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn make(&self) -> anyhow::Result<bool> {
        Ok(data_dir::read_or_create(&self.path, || Ok(self.text.clone()))?.text == self.text)
    }
}

/// Reads the text of a file. Also gives the new keys of clients whose key file is not there: they have their public parts
/// already.
///
/// # Errors
/// If it is not of that form, or a key file cannot be read. No message shows a line of the file: it may be the
/// one with a secret.
pub(crate) fn parse(text: &str, format: Format, data_dir: &Path) -> anyhow::Result<(ApplyFile, Vec<NewKey>)> {
    let mut file = match format {
        Format::Json => from_json(text)?,
        Format::Toml => from_toml(text)?,
    };
    let mut new_keys = Vec::new();
    for client in &mut file.clients {
        let Some(named) = client.settings.unknown.remove(JWKS_FILE) else { continue };
        let id = &client.settings.client_id;
        let Value::String(named) = named else { bail!("client {id}: {JWKS_FILE} must be the name of a file") };
        if client.settings.jwks.is_some() {
            bail!("client {id}: jwks and {JWKS_FILE} exclude each other");
        }
        let path = data_dir.join(named);
        let text = match data_dir::read(&path)? {
            Some(text) => text,
            None => new_key(&mut new_keys, &path, id)?,
        };
        let keys = public_keys(&text).with_context(|| format!("client {id}: {}", path.display()))?;
        client.settings.jwks = Some(keys);
    }
    Ok((file, new_keys))
}

/// A new key for this client; clients that name the same file share it.
fn new_key(new_keys: &mut Vec<NewKey>, path: &Path, client: &ClientId) -> anyhow::Result<Zeroizing<String>> {
    if let Some(same) = new_keys.iter_mut().find(|key| key.path == path) {
        same.clients.push(client.clone());
        return Ok(same.text.clone());
    }
    let text = grantor_crypto::generate_client_key()?;
    new_keys.push(NewKey { clients: vec![client.clone()], path: path.to_owned(), text: text.clone() });
    Ok(text)
}

fn from_toml(text: &str) -> anyhow::Result<ApplyFile> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.split('\n').count());
        match line {
            Some(line) => anyhow!("line {line}: {}", without_value(error.message())),
            None => anyhow!("{}", without_value(error.message())),
        }
    })
}

fn from_json(text: &str) -> anyhow::Result<ApplyFile> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = error.to_string();
        let message = message.strip_suffix(&place).unwrap_or(&message);
        anyhow!("line {}, column {}: {}", error.line(), error.column(), without_value(message))
    })
}

/// The public keys in the text of a key file, as a JWK set.
fn public_keys(text: &str) -> anyhow::Result<Value> {
    let content: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        // The parser's own text may quote what it stumbles over.
        anyhow!("is no JSON object (line {}, column {})", error.line(), error.column())
    })?;
    let keys = match content.get("keys") {
        Some(Value::Array(keys)) => keys.iter().map(public_part).collect::<Result<Vec<_>, _>>()?,
        Some(_) => bail!("`keys` must be a list"),
        None => vec![public_part(&Value::Object(content))?],
    };
    Ok(json!({ "keys": keys }))
}

fn public_part(key: &Value) -> anyhow::Result<Value> {
    let members = key.as_object().context("a key must be a JSON object")?;
    match members.get("kty").and_then(Value::as_str) {
        Some("EC" | "OKP" | "RSA") => {}
        Some("oct") => bail!("a symmetric key has no public part"),
        _ => bail!("a key must have a `kty` of EC, OKP or RSA"),
    }
    let public = members.iter().filter(|(name, _)| PUBLIC_MEMBERS.contains(&name.as_str()));
    Ok(public.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const MACHINE: &str = "[[clients]]\nclient_id = \"m\"\ntoken_endpoint_auth_methods = [\"private_key_jwt\"]\n\
                           grant_types = [\"client_credentials\"]\njwks_file = \"m.jwk\"\n";

    fn refused(text: &str, key_file: &str) -> String {
        let data_dir = tempfile::tempdir().unwrap();
        fs::write(data_dir.path().join("m.jwk"), key_file).unwrap();
        format!("{:#}", parse(text, Format::Toml, data_dir.path()).err().unwrap())
    }

    #[test]
    fn a_missing_key_file_is_made_when_that_is_wanted_and_stays_private() {
        let data_dir = tempfile::tempdir().unwrap();
        let twice = format!("{MACHINE}{}", MACHINE.replace("\"m\"", "\"n\""));
        let (first, new_keys) = parse(&twice, Format::Toml, data_dir.path()).unwrap();
        assert_eq!(fs::read_dir(data_dir.path()).unwrap().count(), 0, "reading a file writes none");
        let [new_key] = &*new_keys else { panic!("one file is one key") };
        assert_eq!(new_key.clients.iter().map(ClientId::as_str).collect::<Vec<_>>(), ["m", "n"]);
        assert!(new_key.make().unwrap());
        let private = fs::read_to_string(data_dir.path().join("m.jwk")).unwrap();
        let private: Value = serde_json::from_str(&private).unwrap();
        assert!(private["d"].is_string() && private["kid"].is_string());
        let jwks = first.clients[0].settings.jwks.clone().unwrap();
        assert_eq!(jwks["keys"][0]["x"], private["x"]);
        assert_eq!(jwks["keys"][0].get("d"), None, "the private part stays in its file");
        assert_eq!(first.clients[1].settings.jwks, Some(jwks));
        let (second, new_keys) = parse(&twice, Format::Toml, data_dir.path()).unwrap();
        assert_eq!(second.clients[0].settings, first.clients[0].settings, "the file is used again");
        assert!(new_keys.is_empty());
        fs::write(data_dir.path().join("m.jwk"), "{}").unwrap();
        assert!(!new_key.make().unwrap(), "what is there is left alone");
        second.clients[0].settings.refuse_unknown_keys().unwrap();
    }

    #[test]
    fn a_key_file_may_hold_a_set() {
        let data_dir = tempfile::tempdir().unwrap();
        let set =
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"BB"},{"kty":"RSA","n":"AA","e":"AQAB","p":"BB"}]}"#;
        fs::write(data_dir.path().join("m.jwk"), set).unwrap();
        let (file, _) = parse(MACHINE, Format::Toml, data_dir.path()).unwrap();
        let expect =
            json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": "RSA", "n": "AA", "e": "AQAB"}]});
        assert_eq!(file.clients[0].settings.jwks, Some(expect));
    }

    #[test]
    fn a_file_that_is_no_key_is_refused_without_showing_it() {
        let check = |key_file: &str, expect: &str| {
            let message = refused(MACHINE, key_file);
            assert!(message.contains("client m") && message.contains(expect) && !message.contains("hush"), "{message}");
        };
        check("hush", "no JSON object");
        check("[\"hush\"]", "no JSON object");
        check(r#"{"kty":"oct","k":"hush"}"#, "symmetric");
        check(r#"{"keys":"hush"}"#, "list");
        check(r#"{"d":"hush"}"#, "kty");
    }

    #[test]
    fn the_documented_file_is_read() {
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/apply.md")).unwrap();
        let file = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let data_dir = tempfile::tempdir().unwrap();
        let (file, _) = parse(file, Format::Toml, data_dir.path()).unwrap();
        let counts =
            (file.scopes.len(), file.resources.len(), file.clients.len(), file.policies.len(), file.users.len());
        assert_eq!((file.owner().as_str(), counts), ("platform", (1, 1, 1, 1, 1)));
        file.clients[0].settings.refuse_unknown_keys().unwrap();
    }

    #[test]
    fn json_has_the_same_form() {
        let data_dir = tempfile::tempdir().unwrap();
        let toml = "owner = \"team\"\n[[scopes]]\nname = \"read\"\ndescription = \"Read\"\n[[users]]\nsubject = \"a\"\n\
                    username = \"a\"\n";
        let json = r#"{"owner": "team", "scopes": [{"name": "read", "description": "Read"}],
            "users": [{"subject": "a", "username": "a"}]}"#;
        let read = |text: &str, format| format!("{:?}", parse(text, format, data_dir.path()).unwrap().0);
        assert_eq!(read(toml, Format::Toml), read(json, Format::Json));
    }

    #[test]
    fn the_format_is_that_of_the_ending_or_else_of_the_text() {
        let check = |path: Option<&str>, text: &str, expect| {
            assert_eq!(Format::of(path.map(Path::new), text), expect, "{path:?} {text}");
        };
        check(Some("file.json"), "", Format::Json);
        check(Some("file.JSON"), "", Format::Json);
        check(Some("file.toml"), "{", Format::Toml);
        check(Some("/dev/fd/63"), " {\"clients\": []}", Format::Json);
        check(None, "\n{}", Format::Json);
        check(None, "[[clients]]", Format::Toml);
    }

    #[test]
    fn json_of_another_form_is_refused_without_showing_it() {
        let data_dir = tempfile::tempdir().unwrap();
        let check = |text: &str, expect: &str| {
            let message = format!("{:#}", parse(text, Format::Json, data_dir.path()).err().unwrap());
            assert!(message.contains(expect) && !message.contains("hush"), "{message}");
        };
        check("{\n\"users\": hush", "line 2");
        check(r#"{"users": "hush"}"#, "expected a sequence");
        check(r#"{"servers": []}"#, "`servers`");
        check(
            r#"{"exchange_policies": [{"client_id": "a", "impersonation": "hush"}]}"#,
            "client \"a\": expected a boolean",
        );
        check(r#"{"owner": "hush hush"}"#, "an owner is");
    }

    #[test]
    fn a_file_of_another_form_is_refused_by_line_without_showing_it() {
        let message = refused("[[clients]]\nclient_secret = \"hush\" \"hush\"\n", "");
        assert!(message.contains("line 2") && !message.contains("hush"), "{message}");
        assert!(refused("[[servers]]\n", "").contains("servers"));
        assert!(refused(&format!("{MACHINE}jwks = {{ keys = [] }}\n"), "{}").contains("exclude"));
    }
}
