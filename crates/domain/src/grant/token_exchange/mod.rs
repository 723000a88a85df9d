//! Token exchange: who may turn which token into which (RFC 8693 §1.1, §2).

mod request;

use serde_json::{Value, json};

use crate::client::{AuthenticatedClient, ClientId};
use crate::error::{Reason, Refusal};
use crate::grant::GrantRef;
use crate::id::TokenId;
use crate::resource::Audience;
use crate::scope::ScopeSet;
use crate::time::Timestamp;
use crate::token::access_token::{AccessToken, IssueContext};
use crate::token::target;

pub use request::{DeclaredToken, DeclaredType, Parameters, Request, TokenType, read};

/// Most tokens that one may have come from: each is looked up whenever it is checked.
const MAX_ANCESTORS: usize = 16;

/// A token that was presented, verified, and found live (RFC 8693 §2.1): what the rule needs of it, whatever its type.
#[derive(Clone, Debug, PartialEq)]
pub struct LiveToken {
    /// Whom it is about: `sub` (RFC 9068 §2.2), or the user that a pairwise one stands for (OpenID Connect Core §8.1).
    pub subject: String,
    /// Whom it was issued to: `client_id` (RFC 8693 §4.3).
    pub client_id: ClientId,
    /// Whom it is for: `aud` (RFC 9068 §2.2).
    pub audience: Vec<Audience>,
    /// What it carries: `scope` (RFC 8693 §4.2).
    pub scope: ScopeSet,
    /// When it ends: `exp` (RFC 9068 §2.2). The new token ends no later.
    pub expires_at: Timestamp,
    /// When the person signed in: `auth_time` (RFC 9068 §2.2.1).
    pub auth_time: Option<Timestamp>,
    /// How: `acr` (RFC 9068 §2.2.1).
    pub acr: Option<String>,
    /// The grants it rests on; Grantor's own, see docs/architecture.md.
    pub grants: Vec<GrantRef>,
    /// Itself, if it has an identifier, and the tokens it came from; Grantor's own, see docs/architecture.md.
    pub lineage: Vec<TokenId>,
    /// Its own `act` (RFC 8693 §4.1).
    pub actor: Option<Value>,
    /// Its `may_act` (RFC 8693 §4.4).
    pub may_act: Option<Value>,
    /// Whether its subject is a user of ours, and no client nor anybody else.
    pub is_about_a_user: bool,
    /// Who made it.
    pub origin: TokenOrigin,
}

/// Who made a token. Grantor's own distinction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenOrigin {
    /// Somebody whom the client's policy trusts.
    Elsewhere {
        /// When they made it, where that is known.
        issued_at: Option<Timestamp>,
    },
    /// This server.
    Here,
}

impl From<AccessToken> for LiveToken {
    fn from(token: AccessToken) -> Self {
        let mut lineage = vec![token.id];
        lineage.extend(token.ancestors);
        Self {
            subject: token.subject,
            client_id: token.client_id,
            audience: token.audience,
            scope: token.scope,
            expires_at: token.expires_at,
            auth_time: token.auth_time,
            acr: token.acr,
            grants: token.grants,
            lineage,
            actor: token.actor,
            may_act: None,
            // One who signed in (RFC 9068 §2.2.1), or whom a policy took for a user.
            is_about_a_user: token.auth_time.is_some() || token.account.is_some(),
            origin: TokenOrigin::Here,
        }
    }
}

/// The tokens of one exchange (RFC 8693 §2.1), each found live.
#[derive(Clone, Debug, PartialEq)]
pub struct Presented {
    /// On whose behalf: the subject token.
    pub subject: LiveToken,
    /// Who acts: the actor token, if there is one.
    pub actor: Option<LiveToken>,
}

/// Decides what the exchange gives (RFC 8693 §2.2.1): never a wider scope, never a longer life than the tokens it came
/// from, and the end of any of them ends it.
///
/// # Errors
/// `invalid_request` for tokens that the client may not use (RFC 8693 §2.2.2), `invalid_scope` for a wider scope.
pub fn exchange(
    request: &Request,
    asked_scope: Option<&str>,
    presented: Presented,
    client: &AuthenticatedClient,
    context: IssueContext<'_>,
) -> Result<AccessToken, Refusal> {
    let Presented { subject, actor } = presented;
    check_subject(&subject, client)?;
    if let Some(actor) = actor.as_ref().filter(|actor| actor.origin == TokenOrigin::Here) {
        check_holder(actor, client, Reason::ActorTokenInvalid)?;
    }
    check_may_act(&subject, actor.as_ref(), client)?;
    // They are named as other clients know them, and this one is not to be told that (OpenID Connect Core §8).
    if client.sector.is_some() && subject.actor.is_some() {
        return Err(Refusal::because(
            Reason::SubjectTokenInvalid,
            "its actors have names that are not for this client",
        ));
    }
    let scope = narrow(&subject.scope, asked_scope, client)?;
    let (audience, scope) = target(&scope, &request.audience, client, context);
    let chain = actor_chain(&subject, actor.as_ref(), context.lifetimes.max_actors)?;
    let own_end = context.now.plus(context.lifetimes.access_token(client));
    let expires_at = actor.iter().map(|actor| actor.expires_at).fold(own_end.min(subject.expires_at), Timestamp::min);
    let (mut grants, mut ancestors) = (subject.grants, subject.lineage);
    if let Some(actor) = actor {
        grants.extend(actor.grants.into_iter().filter(|grant| !grants.contains(grant)).collect::<Vec<_>>());
        ancestors.extend(actor.lineage.into_iter().filter(|id| !ancestors.contains(id)).collect::<Vec<_>>());
    }
    if ancestors.len() > MAX_ANCESTORS {
        return Err(Refusal::because(Reason::SubjectTokenInvalid, "the token came from too many others"));
    }
    Ok(AccessToken {
        issuer: context.issuer.clone(),
        subject: subject.subject,
        audience,
        client_id: client.id.clone(),
        scope,
        id: context.token_id,
        issued_at: context.now,
        expires_at,
        auth_time: subject.auth_time,
        acr: subject.acr,
        grants,
        ancestors,
        account: None,
        actor: chain,
    })
}

/// Whose tokens the policy lets the client exchange; where it names nobody, those of [`check_holder`].
fn check_subject(token: &LiveToken, client: &AuthenticatedClient) -> Result<(), Refusal> {
    // Whose tokens those are the policy says where it names who made them.
    if token.origin != TokenOrigin::Here {
        return Ok(());
    }
    match client.exchange.as_ref().and_then(|policy| policy.subject_clients.as_ref()) {
        None => check_holder(token, client, Reason::SubjectTokenInvalid),
        Some(named) if named.contains(&token.client_id) => Ok(()),
        Some(_) => Err(Refusal::because(
            Reason::SubjectTokenInvalid,
            "the token was issued to a client that the policy does not name",
        )),
    }
}

/// A client exchanges tokens that were issued to it, or that name it as audience.
fn check_holder(token: &LiveToken, client: &AuthenticatedClient, reason: Reason) -> Result<(), Refusal> {
    let names_client =
        |audience: &Audience| audience.as_str() == client.id.as_str() || client.audiences.contains(audience);
    if token.client_id == client.id || token.audience.iter().any(names_client) {
        Ok(())
    } else {
        Err(Refusal::because(reason, "the token was issued to another client and does not name this one"))
    }
}

/// `may_act` names the only party that may act for the subject: the actor, or the client itself if nobody else acts.
fn check_may_act(subject: &LiveToken, actor: Option<&LiveToken>, client: &AuthenticatedClient) -> Result<(), Refusal> {
    let Some(may_act) = &subject.may_act else { return Ok(()) };
    let named = may_act.get("sub").and_then(Value::as_str);
    let acting = actor.map_or(client.id.as_str(), |actor| actor.subject.as_str());
    if named == Some(acting) {
        Ok(())
    } else {
        Err(Refusal::because(Reason::SubjectTokenInvalid, "may_act names somebody else"))
    }
}

fn narrow(held: &ScopeSet, asked: Option<&str>, client: &AuthenticatedClient) -> Result<ScopeSet, Refusal> {
    let allowed = held.intersection(&client.scope);
    let cap = client.exchange.as_ref().and_then(|policy| policy.scope.as_ref());
    let available = cap.map_or_else(|| allowed.clone(), |cap| allowed.intersection(cap));
    let Some(asked) = asked else { return Ok(available) };
    let asked = ScopeSet::parse(asked).map_err(|_malformed| Refusal::new(Reason::ScopeInvalid))?;
    match (asked.is_empty(), asked.is_subset(&available)) {
        (true, _) => Ok(available),
        (false, true) => Ok(asked),
        (false, false) => Err(Refusal::new(Reason::ScopeWidened)),
    }
}

/// "the outermost act claim represents the current actor", prior actors nested inside (RFC 8693 §4.1).
fn actor_chain(subject: &LiveToken, actor: Option<&LiveToken>, max: usize) -> Result<Option<Value>, Refusal> {
    let chain = match (actor, &subject.actor) {
        (None, prior) => prior.clone(),
        (Some(actor), None) => Some(json!({ "sub": actor.subject, "client_id": actor.client_id })),
        (Some(actor), Some(prior)) => Some(json!({ "sub": actor.subject, "client_id": actor.client_id, "act": prior })),
    };
    let depth = std::iter::successors(chain.as_ref(), |act| act.get("act")).take(max + 1).count();
    if depth > max {
        return Err(Refusal::because(Reason::SubjectTokenInvalid, "the chain of actors is too long"));
    }
    Ok(chain)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::request::tests::parameters;
    use super::*;
    use crate::client::{Client, ExchangePolicy};
    use crate::grant::testing::{OPENED, authenticated, client, grant, issued_at};

    fn live(scope: &str) -> LiveToken {
        LiveToken {
            subject: "alice".to_owned(),
            client_id: client().id,
            audience: Vec::new(),
            scope: ScopeSet::parse(scope).unwrap(),
            expires_at: OPENED.plus(Duration::from_secs(600)),
            auth_time: Some(OPENED),
            acr: None,
            grants: vec![grant("").terms.reference],
            lineage: vec![TokenId::from_bytes([1; 16])],
            actor: None,
            may_act: None,
            is_about_a_user: true,
            origin: TokenOrigin::Here,
        }
    }

    fn other(scope: &str) -> LiveToken {
        let mut token = live(scope);
        token.subject = "service".to_owned();
        token.grants.clear();
        token.lineage = vec![TokenId::from_bytes([2; 16])];
        token
    }

    fn run(asked: Option<&str>, subject: LiveToken, actor: Option<LiveToken>) -> Result<AccessToken, Refusal> {
        run_as(client(), asked, subject, actor)
    }

    /// A client whose policy is changed as `change` says.
    fn client_with(change: impl FnOnce(&mut ExchangePolicy)) -> Client {
        let mut client = client();
        change(client.exchange.as_mut().unwrap());
        client
    }

    fn run_as(
        client: Client,
        asked: Option<&str>,
        subject: LiveToken,
        actor: Option<LiveToken>,
    ) -> Result<AccessToken, Refusal> {
        let client = authenticated(client);
        let request = read(&parameters(), &client)?;
        exchange(&request, asked, Presented { subject, actor }, &client, issued_at(OPENED))
    }

    #[test]
    fn only_tokens_of_or_for_the_client_may_be_exchanged() {
        let mut foreign = live("a");
        foreign.client_id = ClientId::parse("other").unwrap();
        assert_eq!(run(None, foreign.clone(), None).unwrap_err().reason, Reason::SubjectTokenInvalid);
        foreign.audience = vec![Audience::parse("c").unwrap()];
        assert!(run(None, foreign.clone(), None).is_ok());
        foreign.audience.clear();
        assert_eq!(run(None, live("a"), Some(foreign)).unwrap_err().reason, Reason::ActorTokenInvalid);
    }

    #[test]
    fn a_policy_names_whose_tokens_may_be_exchanged() {
        let naming = |ids: &[&str]| {
            let named = ids.iter().map(|id| ClientId::parse(id).unwrap()).collect();
            client_with(|policy| policy.subject_clients = Some(named))
        };
        let mut foreign = live("a");
        foreign.client_id = ClientId::parse("other").unwrap();
        assert!(run_as(naming(&["other"]), None, foreign.clone(), None).is_ok());
        let refused = |client, subject| run_as(client, None, subject, None).unwrap_err().reason;
        assert_eq!(refused(naming(&["other"]), live("a")), Reason::SubjectTokenInvalid, "not even its own");
        assert_eq!(refused(naming(&[]), live("a")), Reason::SubjectTokenInvalid);
        let mut for_the_client = foreign.clone();
        for_the_client.audience = vec![Audience::parse("c").unwrap()];
        assert_eq!(refused(naming(&["c"]), for_the_client), Reason::SubjectTokenInvalid, "the audience does not count");
        let actor = run_as(naming(&["c"]), None, live("a"), Some(foreign));
        assert_eq!(actor.unwrap_err().reason, Reason::ActorTokenInvalid, "the actor's token is the client's own");
    }

    #[test]
    fn a_policy_caps_the_scope() {
        let capped = |asked| {
            let cap = ScopeSet::parse("a openid").unwrap();
            run_as(client_with(|policy| policy.scope = Some(cap)), asked, live("a b"), None)
        };
        assert_eq!(capped(None).unwrap().scope.to_string(), "a");
        assert_eq!(capped(Some("a")).unwrap().scope.to_string(), "a");
        assert_eq!(capped(Some("b")).unwrap_err().reason, Reason::ScopeWidened);
        assert_eq!(capped(Some("openid")).unwrap_err().reason, Reason::ScopeWidened, "a cap adds nothing");
    }

    #[test]
    fn the_child_rests_on_both_parents_and_outlives_neither() {
        let mut actor = other("");
        actor.expires_at = OPENED.plus(Duration::from_secs(5));
        let child = run(Some("a"), live("a b"), Some(actor)).unwrap();
        assert_eq!(child.expires_in(), 5);
        assert_eq!(child.grants, live("").grants);
        assert_eq!(child.ancestors, [TokenId::from_bytes([1; 16]), TokenId::from_bytes([2; 16])]);
        assert_eq!(child.actor, Some(json!({"sub": "service", "client_id": "c"})));
        assert_eq!(child.scope.to_string(), "a");
    }

    #[test]
    fn may_act_names_the_only_one_who_may() {
        let mut subject = live("a");
        subject.may_act = Some(json!({"sub": "service"}));
        assert!(run(None, subject.clone(), Some(other(""))).is_ok());
        assert!(run(None, subject.clone(), None).is_err());
        subject.may_act = Some(json!({"sub": "c"}));
        assert!(run(None, subject, None).is_ok());
    }

    #[test]
    fn a_chain_of_exchanges_ends_somewhere() {
        let mut subject = live("a");
        subject.lineage = (0..16).map(|n| TokenId::from_bytes([n; 16])).collect();
        assert!(run(None, subject.clone(), None).is_ok());
        subject.lineage.push(TokenId::from_bytes([99; 16]));
        assert_eq!(run(None, subject, None).unwrap_err().reason, Reason::SubjectTokenInvalid);
    }

    #[test]
    fn a_chain_of_actors_ends_somewhere() {
        let mut subject = live("a");
        for depth in 1..=4 {
            subject.actor = run(None, subject.clone(), Some(other(""))).unwrap().actor;
            assert_eq!(std::iter::successors(subject.actor.as_ref(), |act| act.get("act")).count(), depth);
        }
        assert!(run(None, subject.clone(), Some(other(""))).is_err());
        assert!(run(None, subject, None).is_ok(), "impersonation adds no actor");
    }

    proptest! {
        #[test]
        fn scope_and_life_only_shrink(held in "[ab ]{0,5}", asked in proptest::option::of("[abc ]{0,5}"), left in 0u64..10_000, actor_left in 0u64..10_000) {
            let mut subject = live(&held);
            subject.expires_at = OPENED.plus(Duration::from_secs(left));
            let mut actor = other("");
            actor.expires_at = OPENED.plus(Duration::from_secs(actor_left));
            if let Ok(child) = run(asked.as_deref(), subject.clone(), Some(actor.clone())) {
                prop_assert!(child.scope.is_subset(&subject.scope));
                prop_assert!(child.expires_at <= subject.expires_at && child.expires_at <= actor.expires_at);
                prop_assert!(subject.lineage.iter().chain(&actor.lineage).all(|id| child.ancestors.contains(id)));
            }
        }
    }
}
