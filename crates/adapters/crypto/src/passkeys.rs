//! Passkeys, by the library that checks what browsers and authenticators say (Web Authentication §7).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_domain::resource::Audience;
use grantor_ports::{
    Ceremony, CryptoFailure, MadePasskey, NamedPasskey, PasskeyCeremonies, PasskeyOwner, PasskeyRefused, StoredPasskey,
};
use serde::Serialize;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Uuid,
};
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// The ceremonies of one issuer.
pub struct Passkeys(Webauthn);

impl Passkeys {
    /// Those of this issuer, whose host becomes the ID that passkeys are bound to for ever. None if its host is an address: there
    /// are no passkeys without a name (Web Authentication §5.1.2).
    #[must_use]
    pub fn of(issuer: &Audience) -> Option<Self> {
        let origin = Url::parse(issuer.as_str()).ok()?;
        let webauthn = WebauthnBuilder::new(origin.domain()?, &origin).and_then(WebauthnBuilder::build);
        webauthn.ok().map(Self)
    }
}

impl PasskeyCeremonies for Passkeys {
    fn begin_registration(&self, owner: PasskeyOwner<'_>, known: &[StoredPasskey]) -> Result<Ceremony, CryptoFailure> {
        let excluded = known.iter().map(|passkey| passkey.id.clone()).collect();
        let handle = Uuid::from_bytes(owner.user_handle);
        let begun = self.0.start_passkey_registration(handle, owner.name, owner.display_name, Some(excluded));
        let (challenge, state) = begun.map_err(|error| CryptoFailure::because("no passkey can be made", error))?;
        let mut ceremony = ceremony(&challenge, &state)?;
        // The authenticator keeps who its user is, so that they can sign in without typing a name (Web Authentication §5.4.4).
        if let Some(selection) = ceremony.options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            selection.insert("residentKey".to_owned(), json!("required"));
            selection.insert("requireResidentKey".to_owned(), json!(true));
        }
        Ok(ceremony)
    }

    fn finish_registration(&self, state: &str, answer: &str) -> Result<MadePasskey, PasskeyRefused> {
        let state: PasskeyRegistration = read(state)?;
        let answer: RegisterPublicKeyCredential = read(answer)?;
        let made = self.0.finish_passkey_registration(&answer, &state).map_err(refused)?;
        Ok(MadePasskey { id: made.cred_id().to_vec(), record: written(&made)? })
    }

    fn begin_authentication(&self, known: &[StoredPasskey]) -> Result<Ceremony, CryptoFailure> {
        let begun = self.0.start_discoverable_authentication();
        let (challenge, state) = begun.map_err(|error| CryptoFailure::because("no passkey can be asked for", error))?;
        let mut ceremony = ceremony(&challenge, &state)?;
        if let Some(options) = ceremony.options.as_object_mut() {
            let id =
                |passkey: &StoredPasskey| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&passkey.id) });
            options.insert("allowCredentials".to_owned(), known.iter().map(id).collect());
        }
        Ok(ceremony)
    }

    fn named(&self, answer: &str) -> Option<NamedPasskey> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).ok()?;
        let user_handle = answer.get_user_unique_id().map(<[u8]>::to_vec);
        Some(NamedPasskey { id: answer.get_credential_id().to_vec(), user_handle })
    }

    fn finish_authentication(&self, state: &str, answer: &str, record: &str) -> Result<String, PasskeyRefused> {
        let state: DiscoverableAuthentication = read(state)?;
        let answer: PublicKeyCredential = read(answer)?;
        let mut passkey: Passkey = read(record)?;
        let result = self.0.finish_discoverable_authentication_v2(&answer, state, &passkey).map_err(refused)?;
        passkey.update_credential(&result);
        written(&passkey)
    }
}

/// What goes to the browser, and what is kept meanwhile.
fn ceremony(challenge: &impl Serialize, state: &impl Serialize) -> Result<Ceremony, CryptoFailure> {
    let failed = |error| CryptoFailure::because("a ceremony could not be written down", error);
    let mut challenge = serde_json::to_value(challenge).map_err(failed)?;
    let options = challenge.get_mut("publicKey").map(Value::take).unwrap_or_default();
    Ok(Ceremony { options, state: serde_json::to_string(state).map_err(failed)? })
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, PasskeyRefused> {
    // Where in the text it is, not what it is.
    let place =
        |error: serde_json::Error| format!("line {}, column {}: not what it should be", error.line(), error.column());
    serde_json::from_str(text).map_err(|error| PasskeyRefused(place(error)))
}

fn written(passkey: &Passkey) -> Result<String, PasskeyRefused> {
    serde_json::to_string(passkey).map_err(|error| PasskeyRefused(error.to_string()))
}

fn refused(error: webauthn_rs::prelude::WebauthnError) -> PasskeyRefused {
    PasskeyRefused(error.to_string())
}

#[cfg(test)]
mod tests {
    use grantor_domain::time::Timestamp;

    use super::*;

    fn passkeys() -> Passkeys {
        Passkeys::of(&Audience::parse("https://id.example").unwrap()).unwrap()
    }

    fn known() -> [StoredPasskey; 1] {
        [StoredPasskey {
            id: vec![1, 2, 250],
            user_handle: [7; 16],
            name: String::new(),
            record: String::new(),
            added_at: Timestamp::from_secs(0),
            used_at: None,
        }]
    }

    #[test]
    fn without_a_name_there_are_no_passkeys() {
        for issuer in ["http://127.0.0.1:8080", "http://[::1]:8080"] {
            assert!(Passkeys::of(&Audience::parse(issuer).unwrap()).is_none(), "{issuer}");
        }
        assert!(Passkeys::of(&Audience::parse("http://localhost:8080").unwrap()).is_some());
    }

    #[test]
    fn a_browser_is_told_all_that_it_needs() {
        let owner = PasskeyOwner { user_handle: [7; 16], name: "alice", display_name: "Alice Liddell" };
        let made = passkeys().begin_registration(owner, &known()).unwrap().options;
        assert_eq!((&made["rp"]["id"], &made["user"]["name"]), (&json!("id.example"), &json!("alice")));
        assert_eq!(made["user"]["id"], URL_SAFE_NO_PAD.encode([7; 16]));
        assert_eq!(made["excludeCredentials"][0]["id"], "AQL6");
        let wanted = json!({ "residentKey": "required", "requireResidentKey": true, "userVerification": "required" });
        for (name, value) in wanted.as_object().unwrap() {
            assert_eq!(&made["authenticatorSelection"][name], value, "{name}");
        }
        let asked = passkeys().begin_authentication(&known()).unwrap().options;
        assert_eq!(asked["allowCredentials"], json!([{ "type": "public-key", "id": "AQL6" }]));
        assert_eq!((&asked["rpId"], &asked["userVerification"]), (&json!("id.example"), &json!("required")));
        assert_eq!(passkeys().begin_authentication(&[]).unwrap().options["allowCredentials"], json!([]));
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        let owner = PasskeyOwner { user_handle: [7; 16], name: "alice", display_name: "Alice" };
        let made = passkeys().begin_registration(owner, &[]).unwrap();
        let asked = passkeys().begin_authentication(&[]).unwrap();
        for answer in ["", "{}", "[]", "{\"id\":\"AQL6\"}"] {
            assert!(passkeys().finish_registration(&made.state, answer).is_err(), "{answer}");
            assert!(passkeys().finish_authentication(&asked.state, answer, "{}").is_err(), "{answer}");
            assert_eq!(passkeys().named(answer), None, "{answer}");
        }
    }
}
