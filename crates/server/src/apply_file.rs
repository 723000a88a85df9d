//! Files of clients and users: read as TOML, with one thing resolved before the use cases see them. A client may name
//! its public keys by file, `jwks_file = "machine.jwk"`: a JWK or a JWK set (RFC 7517) relative to the data directory. A
//! file that is not there is made, with a new private ES256 key. Only public members go any further.

use std::path::Path;

use anyhow::{Context, anyhow, bail};
use grantor_application::admin::ApplyFile;
use serde_json::{Map, Value, json};

use crate::data_dir;
use crate::settings::without_value;

/// The key of a client that names its key file.
const JWKS_FILE: &str = "jwks_file";

/// Members of a JWK that are public (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2): all others stay where they are.
const PUBLIC_MEMBERS: [&str; 13] =
    ["alg", "crv", "e", "key_ops", "kid", "kty", "n", "use", "x", "x5c", "x5t", "x5t#S256", "y"];

/// Reads a file of clients and users.
///
/// # Errors
/// If it is no TOML of that form, or a key file cannot be read or made. No message shows a line of the file: it may be
/// the one with a secret.
pub(crate) fn parse(text: &str, data_dir: &Path) -> anyhow::Result<ApplyFile> {
    let mut file: ApplyFile = toml::from_str(text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map(|before| before.split('\n').count());
        match line {
            Some(line) => anyhow!("line {line}: {}", without_value(error.message())),
            None => anyhow!("{}", without_value(error.message())),
        }
    })?;
    for client in &mut file.clients {
        let Some(named) = client.settings.unknown.remove(JWKS_FILE) else { continue };
        let id = &client.settings.client_id;
        let Value::String(named) = named else { bail!("client {id}: {JWKS_FILE} must be the name of a file") };
        if client.settings.jwks.is_some() {
            bail!("client {id}: jwks and {JWKS_FILE} exclude each other");
        }
        let path = data_dir.join(named);
        client.settings.jwks = Some(public_keys(&path).with_context(|| format!("client {id}: {}", path.display()))?);
    }
    Ok(file)
}

/// The public keys of a key file, as a JWK set. Makes the file if there is none.
fn public_keys(path: &Path) -> anyhow::Result<Value> {
    let ensured = data_dir::read_or_create(path, || Ok(grantor_crypto::generate_client_key()?))?;
    let content: Map<String, Value> = serde_json::from_str(&ensured.text).map_err(|error| {
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
        format!("{:#}", parse(text, data_dir.path()).unwrap_err())
    }

    #[test]
    fn a_missing_key_file_is_made_and_stays_private() {
        let data_dir = tempfile::tempdir().unwrap();
        let first = parse(MACHINE, data_dir.path()).unwrap();
        let private = fs::read_to_string(data_dir.path().join("m.jwk")).unwrap();
        let private: Value = serde_json::from_str(&private).unwrap();
        assert!(private["d"].is_string() && private["kid"].is_string());
        let jwks = first.clients[0].settings.jwks.clone().unwrap();
        assert_eq!(jwks["keys"][0]["x"], private["x"]);
        assert_eq!(jwks["keys"][0].get("d"), None, "the private part stays in its file");
        let second = parse(MACHINE, data_dir.path()).unwrap();
        assert_eq!(second.clients[0].settings, first.clients[0].settings, "the file is used again");
        second.clients[0].settings.refuse_unknown_keys().unwrap();
    }

    #[test]
    fn a_key_file_may_hold_a_set() {
        let data_dir = tempfile::tempdir().unwrap();
        let set =
            r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA","d":"BB"},{"kty":"RSA","n":"AA","e":"AQAB","p":"BB"}]}"#;
        fs::write(data_dir.path().join("m.jwk"), set).unwrap();
        let file = parse(MACHINE, data_dir.path()).unwrap();
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
    fn a_file_of_another_form_is_refused_by_line_without_showing_it() {
        let message = refused("[[clients]]\nclient_secret = \"hush\" \"hush\"\n", "");
        assert!(message.contains("line 2") && !message.contains("hush"), "{message}");
        assert!(refused("[[servers]]\n", "").contains("servers"));
        assert!(refused(&format!("{MACHINE}jwks = {{ keys = [] }}\n"), "{}").contains("exclude"));
    }
}
