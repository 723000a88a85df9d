//! Clients made, changed, given new secrets and deleted one by one, while requests go on.

use grantor_application::admin::{
    ApplyFile, ApplyOptions, ClientProblem, InvalidEntry, KeyChanges, NewClient, RotatedSecret, SecretRotation,
    SecretsChange, UpdatedClient,
};
use grantor_application::{PresentedCredentials, Service, TokenCall};
use grantor_domain::client::StoredSecret;
use grantor_domain::error::Reason;
use grantor_domain::grant::{TokenRequest, client_credentials as for_itself, password as by_password};
use grantor_domain::jwt::JwsAlgorithm;
use grantor_domain::secret::Secret;
use grantor_ports::{Clients as _, Clock as _};
use serde_json::{Value, json};

use crate::fixture::*;

fn set(pairs: &[(&str, &str)]) -> KeyChanges {
    let set = pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    KeyChanges { set: set.collect(), unset: Vec::new() }
}

/// A client for itself, changed as `pairs` say.
fn new(id: Option<&str>, pairs: &[(&str, &str)]) -> NewClient {
    let alg = ("id_token_signed_response_alg", "ES256");
    let mut changes = set(&[("grant_types", r#"["client_credentials"]"#), ("scope", "read"), alg]);
    changes.set.retain(|(key, _)| !pairs.iter().any(|(other, _)| other == key));
    changes.set.extend(set(pairs).set);
    NewClient { id: id.map(client_id), changes, secret: None }
}

/// Asks for a token with just this secret.
async fn works(on: &Service, id: &str, secret: &Secret) -> bool {
    on.poll().await.unwrap();
    let parameters = for_itself::Parameters { scope: Some("read".to_owned()), resource: Vec::new() };
    let credentials = PresentedCredentials {
        client_id: Some(id.to_owned()),
        client_secret: Some(secret.clone()),
        ..PresentedCredentials::default()
    };
    let request = TokenRequest::ClientCredentials(parameters);
    let call = TokenCall { credentials, request, path: "/oauth/token".to_owned(), address: None };
    match on.token(&call).await {
        Ok(_) => true,
        outcome => {
            assert_eq!(refused(outcome), Reason::ClientAuthenticationFailed);
            false
        }
    }
}

async fn update(
    world: &World,
    id: &str,
    changes: KeyChanges,
    given: Option<&str>,
) -> Result<UpdatedClient, ClientProblem> {
    world.here.update_client(&client_id(id), &changes, given.map(secret).as_ref()).await.unwrap()
}

async fn rotate(world: &World, id: &str, rotation: SecretRotation) -> Result<RotatedSecret, ClientProblem> {
    world.here.rotate_client_secret(&client_id(id), &rotation).await.unwrap()
}

async fn stored_secrets(world: &World, id: &str) -> Vec<StoredSecret> {
    world.storage.find(&client_id(id)).await.unwrap().unwrap().secrets
}

fn fields(updated: &UpdatedClient) -> Vec<(&str, &Value, &Value)> {
    updated.fields.iter().map(|change| (change.key.as_str(), &change.from, &change.to)).collect()
}

#[tokio::test]
async fn a_new_client_works_at_once_with_the_secret_that_is_told_once() {
    let world = World::new().await;
    let created = world.here.create_client(&new(None, &[])).await.unwrap().unwrap();
    let id = created.client.settings.client_id.as_str();
    assert_eq!((id.len(), id.matches('-').count()), (36, 4), "{id}");
    let generated = created.generated.unwrap();
    assert_eq!(generated.expose().len(), 43);
    assert!(created.client.secrets[0].estimated_bits >= 128 && created.client.warnings.is_empty());
    assert!(works(&world.here, id, &generated).await);
    assert!(!works(&world.here, id, &secret("wrong")).await);
    assert!(!format!("{:?}", stored_secrets(&world, id).await).contains(generated.expose()));
    let another = world.here.create_client(&new(None, &[])).await.unwrap().unwrap();
    assert_ne!(another.generated.unwrap().expose(), generated.expose());
    let given = NewClient { secret: Some(secret("given")), ..new(Some("given"), &[]) };
    assert!(world.here.create_client(&given).await.unwrap().unwrap().generated.is_none());
    assert!(works(&world.here, "given", &secret("given")).await);
}

#[tokio::test]
async fn a_new_client_that_does_not_pass_is_not_made() {
    let world = World::new().await;
    let with_secret = |text: &str, new: NewClient| NewClient { secret: Some(secret(text)), ..new };
    let public = [("token_endpoint_auth_methods", r#"["none"]"#), ("grant_types", r#"["refresh_token"]"#)];
    let signing = [("id_token_signed_response_alg", "HS256")];
    let all = [
        (new(Some("web"), &[]), ClientProblem::IdTaken(client_id("web"))),
        (new(Some("alice"), &[]), ClientProblem::IdTaken(client_id("alice"))),
        (NewClient { id: Some(client_id("new")), ..NewClient::default() }, ClientProblem::GrantTypesMissing),
        (with_secret("x", new(Some("new"), &public)), ClientProblem::NoSecretUsed(client_id("new"))),
        (
            with_secret("short", new(Some("new"), &signing)),
            ClientProblem::Invalid(InvalidEntry::SecretTooShort("new".to_owned())),
        ),
        (
            new(Some("new"), &[("id_token_signed_response_alg", "EdDSA")]),
            ClientProblem::Invalid(InvalidEntry::AlgorithmDisabled("new".to_owned(), JwsAlgorithm::EdDSA)),
        ),
    ];
    for (new, expect) in all {
        assert_eq!(world.here.create_client(&new).await.unwrap().unwrap_err(), expect, "{new:?}");
    }
    let unsafe_one = new(Some("new"), &[("default_scope", "write")]);
    let problem = world.here.create_client(&unsafe_one).await.unwrap().unwrap_err();
    assert_eq!(problem.to_string(), r#"client "new": default_scope must be part of scope"#);
    assert_eq!(world.storage.find(&client_id("new")).await.unwrap(), None);
    let public = world.here.create_client(&new(Some("new"), &public)).await.unwrap().unwrap();
    assert!(public.generated.is_none() && public.client.secrets.is_empty());
}

#[tokio::test]
async fn an_update_says_what_is_different() {
    let world = World::new().await;
    let changes = KeyChanges {
        unset: vec!["redirect_uris".to_owned()],
        ..set(&[("grant_types", r#"["client_credentials"]"#), ("client_name", "Web")])
    };
    let updated = update(&world, "web", changes.clone(), None).await.unwrap();
    assert_eq!(
        fields(&updated),
        [
            ("client_name", &Value::Null, &json!("Web")),
            (
                "grant_types",
                &json!(["authorization_code", "refresh_token", "client_credentials"]),
                &json!(["client_credentials"])
            ),
            ("redirect_uris", &json!(["https://web.example/cb"]), &json!([])),
        ]
    );
    assert_eq!(updated.secrets, SecretsChange::Kept);
    world.storage.forget_calls();
    assert_eq!(fields(&update(&world, "web", changes, None).await.unwrap()), []);
    assert_eq!(world.storage.calls(), ["Clients::find"], "nothing is written where nothing changes");
    let unsafe_one =
        update(&world, "web", set(&[("grant_types", r#"["authorization_code"]"#)]), None).await.unwrap_err();
    assert!(matches!(unsafe_one, ClientProblem::Invalid(InvalidEntry::Settings(..))), "{unsafe_one}");
    let unknown = update(&world, "nobody", set(&[]), None).await.unwrap_err();
    assert_eq!(unknown, ClientProblem::Unknown(client_id("nobody")));
}

#[tokio::test]
async fn two_administrators_lose_nothing_of_each_other() {
    let world = World::new().await;
    let (other, storage) = (world.replica().await, world.storage.clone());
    let rename = set(&[("client_name", "Renamed")]);
    storage.before("Clients::replace", async move {
        other.update_client(&client_id("web"), &rename, None).await.unwrap().unwrap();
    });
    let updated = update(&world, "web", set(&[("first_party", "true")]), None).await.unwrap();
    assert_eq!(fields(&updated), [("first_party", &json!(false), &json!(true))]);
    assert_eq!(updated.client.settings.client_name.as_deref(), Some("Renamed"));
}

#[tokio::test]
async fn what_only_a_newer_version_knows_stays_as_it_is() {
    let world = World::new().await;
    let mut record = world.storage.find(&client_id("web")).await.unwrap().unwrap();
    record.settings.unknown.insert("of_a_newer_version".to_owned(), json!(1));
    world.storage.put(&record, world.clock.now()).await.unwrap();
    let updated = update(&world, "web", set(&[("first_party", "true")]), None).await.unwrap();
    assert_eq!(updated.client.settings.unknown, record.settings.unknown);
    rotate(&world, "web", SecretRotation::Add(None)).await.unwrap();
    let refused = update(&world, "web", set(&[("of_an_even_newer_one", "1")]), None).await.unwrap_err();
    assert!(refused.to_string().contains("of_an_even_newer_one"), "{refused}");
}

#[tokio::test]
async fn a_client_that_begins_to_sign_with_its_secret_must_be_given_it() {
    let world = World::new().await;
    let signing = || set(&[("id_token_signed_response_alg", "HS256")]);
    let needed = ClientProblem::SecretNeeded(client_id("web"));
    assert_eq!(update(&world, "web", signing(), None).await.unwrap_err(), needed);
    let updated = update(&world, "web", signing(), Some(&secret_of("web"))).await.unwrap();
    assert_eq!((updated.fields.len(), updated.secrets), (1, SecretsChange::Replaced));
    assert!(updated.client.secrets[0].signs);
    assert!(works(&world.here, "web", &secret(&secret_of("web"))).await);
    let again = update(&world, "web", signing(), Some(&secret_of("web"))).await.unwrap();
    assert_eq!((again.fields.len(), again.secrets), (0, SecretsChange::Kept), "it is its secret already");
    let back = update(&world, "web", set(&[("id_token_signed_response_alg", "ES256")]), None).await.unwrap();
    assert_eq!(back.secrets, SecretsChange::Kept);
    assert!(works(&world.here, "web", &secret(&secret_of("web"))).await);
}

#[tokio::test]
async fn a_client_that_becomes_public_has_no_secret_and_needs_one_to_come_back() {
    let world = World::new().await;
    let public = set(&[("token_endpoint_auth_methods", r#"["none"]"#), ("grant_types", r#"["authorization_code"]"#)]);
    assert_eq!(update(&world, "web", public, None).await.unwrap().secrets, SecretsChange::Removed);
    assert_eq!(stored_secrets(&world, "web").await, []);
    let confidential = set(&[("token_endpoint_auth_methods", r#"["client_secret_basic"]"#)]);
    let needed = ClientProblem::SecretNeeded(client_id("web"));
    assert_eq!(update(&world, "web", confidential.clone(), None).await.unwrap_err(), needed);
    assert_eq!(update(&world, "web", confidential, Some("new")).await.unwrap().secrets, SecretsChange::Replaced);
}

#[tokio::test]
async fn both_secrets_are_good_until_the_older_is_removed() {
    let world = World::new().await;
    let old = secret(&secret_of("web"));
    let rotated = rotate(&world, "web", SecretRotation::Add(None)).await.unwrap();
    assert_eq!((rotated.live, rotated.ended), (2, 0));
    let new = rotated.generated.unwrap();
    assert!(works(&world.here, "web", &old).await && works(&world.here, "web", &new).await);
    let third = rotate(&world, "web", SecretRotation::Add(None)).await.unwrap_err();
    assert_eq!(third, ClientProblem::TwoSecrets(client_id("web")));
    for (finished, ended) in [(SecretRotation::Finish, 1), (SecretRotation::Finish, 0)] {
        let rotated = rotate(&world, "web", finished).await.unwrap();
        assert_eq!((rotated.live, rotated.ended, rotated.generated.is_none()), (1, ended, true));
    }
    assert!(!works(&world.here, "web", &old).await && works(&world.here, "web", &new).await);
    rotate(&world, "web", SecretRotation::Add(Some(secret("given")))).await.unwrap();
    let same = rotate(&world, "web", SecretRotation::Replace(Some(secret("given")))).await.unwrap_err();
    assert_eq!(same, ClientProblem::SecretKnown(client_id("web")));
    let alone = rotate(&world, "web", SecretRotation::Replace(None)).await.unwrap();
    assert_eq!((alone.live, alone.ended), (1, 2));
    for ended in [&new, &secret("given")] {
        assert!(!works(&world.here, "web", ended).await);
    }
    assert!(works(&world.here, "web", &alone.generated.unwrap()).await);
}

#[tokio::test]
async fn the_older_secret_signs_until_it_is_removed() {
    let world = World::new().await;
    let id_token = async || {
        world.here.poll().await.unwrap();
        let parameters = by_password::Parameters {
            username: Some("alice".to_owned()),
            password: Some(secret(&password_of("alice"))),
            scope: Some("openid".to_owned()),
            ..by_password::Parameters::default()
        };
        // The client may use this grant without a secret.
        let mut request = call("legacy", TokenRequest::Password(parameters));
        request.credentials.client_secret = None;
        let answer = issued(world.here.token(&request).await);
        answer.id_token.unwrap()
    };
    let new = rotate(&world, "legacy", SecretRotation::Add(None)).await.unwrap().generated.unwrap();
    assert!(is_signed_with(&id_token().await, &secret_of("legacy")));
    rotate(&world, "legacy", SecretRotation::Finish).await.unwrap();
    assert!(is_signed_with(&id_token().await, new.expose()));
    let short = rotate(&world, "legacy", SecretRotation::Add(Some(secret("short")))).await.unwrap_err();
    assert_eq!(short, ClientProblem::Invalid(InvalidEntry::SecretTooShort("legacy".to_owned())));
    let none = rotate(&world, "spa", SecretRotation::Add(None)).await.unwrap_err();
    assert_eq!(none, ClientProblem::NoSecretUsed(client_id("spa")));
}

#[tokio::test]
async fn of_two_rotations_at_once_one_is_told_that_there_are_two_secrets() {
    let world = World::new().await;
    let (other, storage) = (world.replica().await, world.storage.clone());
    storage.before("Clients::replace", async move {
        other.rotate_client_secret(&client_id("web"), &SecretRotation::Add(None)).await.unwrap().unwrap();
    });
    let second = rotate(&world, "web", SecretRotation::Add(None)).await.unwrap_err();
    assert_eq!(second, ClientProblem::TwoSecrets(client_id("web")));
    assert!(works(&world.here, "web", &secret(&secret_of("web"))).await, "no secret that is in use was pushed out");
}

#[tokio::test]
async fn a_deleted_client_is_over_and_nothing_comes_back_with_its_name() {
    let world = World::new().await;
    let granted = world.granted("web", "openid read").await;
    let others = world.granted("other", "openid read").await;
    let own = issued(client_credentials(&world.here, "web").await);
    assert!(is_active(&world.here, &granted.access_token).await && is_active(&world.here, &own.access_token).await);
    assert_eq!(world.here.delete_client(&client_id("web")).await.unwrap(), Ok(1));
    world.here.poll().await.unwrap();
    assert_eq!(
        refused(refresh(&world.here, "web", &refresh_token(&granted)).await),
        Reason::ClientAuthenticationFailed
    );
    assert!(!is_active(&world.here, &granted.access_token).await);
    assert!(!is_active(&world.here, &own.access_token).await, "what it got for itself ends with it");
    assert!(is_active(&world.here, &others.access_token).await);
    let gone = world.here.delete_client(&client_id("web")).await.unwrap();
    assert_eq!(gone, Err(ClientProblem::Unknown(client_id("web"))));

    let file: ApplyFile = serde_json::from_value(json!({ "clients": [client("web", json!({}))] })).unwrap();
    world.here.apply(&file, ApplyOptions::default(), &|_progress| {}).await.unwrap().unwrap();
    world.clock.advance(SECOND);
    world.here.poll().await.unwrap();
    assert_eq!(refused(refresh(&world.here, "web", &refresh_token(&granted)).await), Reason::RefreshTokenInvalid);
    assert!(!is_active(&world.here, &granted.access_token).await);
    issued(client_credentials(&world.here, "web").await);
}

#[tokio::test]
async fn an_assertion_is_signed_as_the_client_is_registered_for() {
    for (algorithm, expect) in [("HS256", None), ("ES256", Some(Reason::AssertionInvalid))] {
        let world = World::new().await;
        let change = json!({
            "token_endpoint_auth_methods": ["client_secret_jwt", "private_key_jwt"], "jwks": { "keys": [] },
            "token_endpoint_auth_signing_alg": algorithm,
        });
        world.apply(json!({ "clients": [client("strict", change)] })).await;
        let parameters = grantor_domain::grant::client_credentials::Parameters::default();
        let mut asks = call("strict", TokenRequest::ClientCredentials(parameters));
        asks.credentials = signed_credentials("strict", "jti-1", world.now().plus(MINUTE).as_secs());
        let outcome = world.here.token(&asks).await;
        assert_eq!(outcome.err().map(|failure| failure.reason()), expect, "{algorithm}");
    }
}
