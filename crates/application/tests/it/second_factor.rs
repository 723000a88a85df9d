//! Second factors: asked for, set up where they are demanded, and none of them good twice.

use grantor_application::{
    ConsentDecision, EnrolmentOutcome, EnrolmentView, Next, PasskeyAnswer, PasskeyForm, PasskeyOffer, SecondFactorForm,
    SecondFactorOutcome, SecondFactorProof, Service, SignInOutcome, TotpSetUp,
};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::Reason;
use grantor_domain::second_factor::TotpSecret;
use grantor_domain::secret::Secret;
use grantor_ports::SessionOrigin;
use serde_json::{Value, json};

use crate::fixture::*;

const MFA: &str = "urn:grantor:acr:mfa";

/// A person's authenticator app.
pub(crate) struct App(TotpSecret);

impl App {
    pub(crate) fn with(set_up: &TotpSetUp) -> Self {
        Self(TotpSecret::parse(set_up.secret.expose()).unwrap())
    }

    pub(crate) fn shows(&self, world: &World) -> Secret {
        Secret::new(self.0.code(world.now().as_millis().unsigned_abs() / 30_000))
    }
}

fn asking(acr_values: &str) -> Parameters {
    Parameters { acr_values: Some(acr_values.to_owned()), ..request("web", "openid") }
}

fn form(next: &Next, proof: SecondFactorProof) -> SecondFactorForm {
    SecondFactorForm { interaction: pending(next), proof, origin: SessionOrigin::default(), known_browser: None }
}

fn code(next: &Next, code: &Secret) -> SecondFactorForm {
    form(next, SecondFactorProof::Code(code.clone()))
}

pub(crate) fn answer(offer: &PasskeyOffer, by: FakeAuthenticator) -> PasskeyAnswer {
    PasskeyAnswer { begun: offer.begun.clone(), credential: by.answers(&offer.options) }
}

/// What the page for setting a factor up shows, which `next` leads to.
async fn set_up(on: &Service, tab: &Tab, next: &Next) -> EnrolmentView {
    let page = on.enrolment_page(&pending(next), Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
    page.unwrap_or_else(|next| panic!("nothing to set up: {next:?}"))
}

/// Sends what is set up; the recovery codes, and where the request stands then.
async fn enrols(on: &Service, tab: &mut Tab, view: &EnrolmentView, form: SecondFactorForm) -> (Vec<String>, Next) {
    match on.enrol(&form, &view.totp.begun, Some(&tab.browser), tab.cookie.as_ref()).await.unwrap() {
        EnrolmentOutcome::Enrolled { cookie, recovery_codes, interaction, .. } => {
            tab.cookie = Some(cookie);
            let page = on.sign_in_page(&interaction, Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
            (recovery_codes.texts().collect(), page.unwrap_err())
        }
        other => panic!("not enrolled: {other:?}"),
    }
}

/// Alice sets an app up, because a request demands a second factor: it, and her recovery codes.
async fn enrolled(world: &World) -> (App, Vec<String>) {
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &asking(MFA)).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!(Stands::from(&next), Stands::EnrolFactor);
    let view = set_up(&world.here, &tab, &next).await;
    let app = App::with(&view.totp);
    let (codes, _) = enrols(&world.here, &mut tab, &view, code(&next, &app.shows(world))).await;
    world.clock.advance(MINUTE);
    (app, codes)
}

/// Sends a second factor; where the request stands then, or why not.
async fn sends(on: &Service, tab: &mut Tab, form: &SecondFactorForm) -> Result<Next, Reason> {
    match on.second_factor(form, Some(&tab.browser), tab.cookie.as_ref()).await.unwrap() {
        SecondFactorOutcome::Passed { cookie, next, .. } => {
            tab.cookie = cookie.or(tab.cookie.take());
            Ok(next)
        }
        SecondFactorOutcome::Wrong { failure, .. } => Err(failure.reason()),
    }
}

/// Where the request stands once she has allowed it.
async fn allowed(world: &World, tab: &Tab, next: Next) -> String {
    let next = match next {
        Next::Consent(_) => tab.answers(&world.here, &next, ConsentDecision::Allow).await,
        next => next,
    };
    let Next::Code { code, .. } = next else { panic!("no code: {next:?}") };
    code.expose().to_owned()
}

/// What the ID token says of how its person signed in.
async fn told(world: &World, code: &str) -> (Value, Value) {
    let answer = issued(redeem(&world.here, "web", code).await);
    let claims = claims(&answer.id_token.unwrap());
    (claims.get("acr").cloned().unwrap(), claims.get("amr").cloned().unwrap())
}

#[tokio::test]
async fn rfc_9470_4_whoever_is_asked_for_more_sets_it_up_and_has_it_from_then_on() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let plain = tab.obtains_code(&world.here, &asking("urn:grantor:acr:password"), "alice").await;
    assert_eq!(told(&world, &plain).await, (json!("urn:grantor:acr:password"), json!(["pwd"])));
    let next = tab.asks(&world.here, &asking(MFA)).await;
    assert_eq!(Stands::from(&next), Stands::EnrolFactor, "she is signed in, and must prove more");
    let view = set_up(&world.here, &tab, &next).await;
    assert_eq!((view.username.as_str(), view.client_name.as_deref()), ("alice", Some("web")));
    let app = App::with(&view.totp);
    let wrong = on_wrong(&world.here, &tab, &view, &next, "000000").await;
    assert_eq!(wrong.totp.secret.expose(), view.totp.secret.expose(), "a slip does not change what the app knows");
    let before = tab.session();
    let (codes, next) = enrols(&world.here, &mut tab, &view, code(&next, &app.shows(&world))).await;
    assert_eq!((codes.len(), tab.session()), (10, before), "the same session, worth more");
    let code = allowed(&world, &tab, next).await;
    assert_eq!(told(&world, &code).await, (json!(MFA), json!(["pwd", "otp", "mfa"])));
    let silent = Parameters { prompt: Some("none".to_owned()), ..asking(MFA) };
    assert_eq!(Stands::from(&tab.asks(&world.here, &silent).await), Stands::Code);
}

async fn on_wrong(on: &Service, tab: &Tab, view: &EnrolmentView, next: &Next, typed: &str) -> EnrolmentView {
    let form = code(next, &Secret::new(typed));
    match on.enrol(&form, &view.totp.begun, Some(&tab.browser), tab.cookie.as_ref()).await.unwrap() {
        EnrolmentOutcome::Wrong { view, failure } => {
            assert_eq!(failure.reason(), Reason::CredentialsInvalid);
            view
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_password_alone_signs_nobody_in_who_has_a_second_factor() {
    let world = World::new().await;
    let (app, codes) = enrolled(&world).await;
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!((Stands::from(&next), tab.cookie.is_none()), (Stands::SecondFactor, true));
    let view = world.here.second_factor_page(&pending(&next), Some(&tab.browser), None).await.unwrap().unwrap();
    assert!(view.takes_totp && view.takes_recovery_code && view.passkey.is_none());
    let other = Tab::open(&world.here);
    let stolen = world.here.second_factor(&code(&next, &app.shows(&world)), Some(&other.browser), None).await;
    assert_eq!(stolen.unwrap_err().reason(), Reason::RequestExpired, "in another browser");
    let shown = app.shows(&world);
    assert_eq!(
        sends(&world.here, &mut tab.clone(), &code(&next, &Secret::new("12345"))).await.unwrap_err(),
        Reason::CredentialsInvalid
    );
    let after = sends(&world.here, &mut tab, &code(&next, &shown)).await.unwrap();
    assert_eq!(Stands::from(&after), Stands::Consent);
    let mut overlooked = Tab { cookie: None, ..tab.clone() };
    assert_eq!(
        sends(&world.here, &mut overlooked, &code(&next, &shown)).await.unwrap_err(),
        Reason::CredentialsInvalid,
        "a code counts once"
    );
    let written = Secret::new(codes[3].clone());
    assert!(sends(&world.here, &mut overlooked, &code(&next, &written)).await.is_ok());
    let mut again = Tab { cookie: None, ..tab };
    assert_eq!(sends(&world.here, &mut again, &code(&next, &written)).await.unwrap_err(), Reason::CredentialsInvalid);
}

#[tokio::test]
async fn a_grant_by_password_alone_is_refused_to_whoever_has_a_second_factor() {
    let world = World::new().await;
    assert!(password(&world.here, "legacy", "alice", &password_of("alice")).await.is_ok());
    enrolled(&world).await;
    let outcome = password(&world.here, "legacy", "alice", &password_of("alice")).await;
    assert_eq!(refused(outcome), Reason::SecondFactorRequired);
}

#[tokio::test]
async fn of_many_guesses_of_a_code_no_more_are_heard_than_in_turn() {
    let world = World::new().await;
    let (app, _) = enrolled(&world).await;
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    for _guess in 0..5 {
        let wrong = sends(&world.here, &mut tab, &code(&next, &Secret::new("000000"))).await;
        assert_eq!(wrong.unwrap_err(), Reason::CredentialsInvalid);
    }
    assert_eq!(
        sends(&world.here, &mut tab, &code(&next, &app.shows(&world))).await.unwrap_err(),
        Reason::SignInThrottled
    );
    world.clock.advance(MINUTE);
    assert!(sends(&world.here, &mut tab, &code(&next, &app.shows(&world))).await.is_ok());
    world.clock.advance(MINUTE);
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let wrong = sends(&world.here, &mut tab, &code(&next, &Secret::new("000000"))).await;
    assert_eq!(wrong.unwrap_err(), Reason::CredentialsInvalid, "whoever was right is forgiven");
}

#[tokio::test]
async fn a_client_can_demand_a_second_factor_of_everybody() {
    let world = World::new().await;
    world.apply(json!({ "clients": [client("bank", json!({ "first_party": true, "minimum_acr": MFA }))] })).await;
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("bank", "openid")).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!(Stands::from(&next), Stands::EnrolFactor);
    let silent = Parameters { prompt: Some("none".to_owned()), ..request("bank", "openid") };
    assert_eq!(Stands::from(&tab.asks(&world.here, &silent).await), Stands::Refused(Reason::LoginRequired));
}

#[tokio::test]
async fn a_passkey_signs_in_without_a_password_and_beside_one() {
    let world = World::new().await;
    let key = FakeAuthenticator("alices-key");
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &asking(MFA)).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let view = set_up(&world.here, &tab, &next).await;
    let made = form(&next, SecondFactorProof::Passkey(answer(view.passkey.as_ref().unwrap(), key)));
    let (codes, next) = enrols(&world.here, &mut tab, &view, made).await;
    assert_eq!((codes.len(), Stands::from(&next)), (10, Stands::Consent));

    let mut alone = Tab::open(&world.here);
    let next = alone.asks(&world.here, &asking(MFA)).await;
    let page = world.here.sign_in_page(&pending(&next), Some(&alone.browser), None).await.unwrap().unwrap();
    let answered = answer(&page.passkey.unwrap(), key);
    let sent = PasskeyForm { interaction: pending(&next), answer: answered, origin: SessionOrigin::default() };
    let signed_in = world.here.sign_in_by_passkey(&sent, Some(&alone.browser), None).await.unwrap();
    let SignInOutcome::Right { cookie, next, .. } = signed_in else { panic!("{signed_in:?}") };
    alone.cookie = cookie;
    let code = allowed(&world, &alone, next).await;
    assert_eq!(told(&world, &code).await, (json!(MFA), json!(["swk", "user", "mfa"])));
    let replayed = world.here.sign_in_by_passkey(&sent, Some(&alone.browser), None).await;
    assert_eq!(replayed.unwrap_err().reason(), Reason::RequestExpired, "an answer counts once");

    let mut beside = Tab::open(&world.here);
    let next = beside.asks(&world.here, &request("web", "openid")).await;
    let next = beside.signs_in(&world.here, &next, "alice").await;
    let view = world.here.second_factor_page(&pending(&next), Some(&beside.browser), None).await.unwrap().unwrap();
    assert!(!view.takes_totp);
    let offer = view.passkey.unwrap();
    let stranger = form(&next, SecondFactorProof::Passkey(answer(&offer, FakeAuthenticator("mallorys-key"))));
    assert_eq!(sends(&world.here, &mut beside, &stranger).await.unwrap_err(), Reason::CredentialsInvalid);
    let own = form(&next, SecondFactorProof::Passkey(answer(&offer, key)));
    let next = sends(&world.here, &mut beside, &own).await.unwrap();
    let code = allowed(&world, &beside, next).await;
    assert_eq!(told(&world, &code).await.1, json!(["pwd", "swk", "user", "mfa"]));
}

#[tokio::test]
async fn a_passkey_of_somebody_who_may_not_sign_in_is_worth_nothing() {
    let world = World::new().await;
    let key = FakeAuthenticator("alices-key");
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &asking(MFA)).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let view = set_up(&world.here, &tab, &next).await;
    let made = form(&next, SecondFactorProof::Passkey(answer(view.passkey.as_ref().unwrap(), key)));
    enrols(&world.here, &mut tab, &view, made).await;
    world.here.disable_user(&subject("alice")).await.unwrap();
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &asking(MFA)).await;
    let page = world.here.sign_in_page(&pending(&next), Some(&tab.browser), None).await.unwrap().unwrap();
    let answer = answer(&page.passkey.unwrap(), key);
    let sent = PasskeyForm { interaction: pending(&next), answer, origin: SessionOrigin::default() };
    let outcome = world.here.sign_in_by_passkey(&sent, Some(&tab.browser), None).await.unwrap();
    let SignInOutcome::Wrong { failure, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(failure.reason(), Reason::CredentialsInvalid);
}

#[tokio::test]
async fn what_was_begun_for_one_person_is_nothing_to_another() {
    let world = World::new().await;
    let mut alice = Tab::open(&world.here);
    let next = alice.asks(&world.here, &asking(MFA)).await;
    let next = alice.signs_in(&world.here, &next, "alice").await;
    let view = set_up(&world.here, &alice, &next).await;
    let mut bob = Tab { browser: alice.browser.clone(), cookie: None };
    let next = bob.asks(&world.here, &asking(MFA)).await;
    let next = bob.signs_in(&world.here, &next, "bob").await;
    let shown = App::with(&view.totp).shows(&world);
    let outcome =
        world.here.enrol(&code(&next, &shown), &view.totp.begun, Some(&bob.browser), bob.cookie.as_ref()).await;
    assert_eq!(outcome.unwrap_err().reason(), Reason::RequestExpired);
}

#[tokio::test]
async fn a_password_that_was_right_before_enrols_nothing() {
    let world = World::new().await;
    enrolled(&world).await;
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let half = tab.clone().signs_in(&world.here, &next, "alice").await;
    assert_eq!(Stands::from(&half), Stands::SecondFactor);
    world.here.set_password(&subject("alice"), secret("red queen seven")).await.unwrap().unwrap();
    world.here.reset_second_factor("alice").await.unwrap().unwrap();
    let page = world.here.enrolment_page(&pending(&half), Some(&tab.browser), None).await.unwrap();
    assert!(matches!(page, Err(Next::SignIn(_))), "{page:?}");
    let page = world.here.second_factor_page(&pending(&half), Some(&tab.browser), None).await.unwrap();
    assert!(matches!(page, Err(Next::SignIn(_))), "{page:?}");
}

#[tokio::test]
async fn nobody_sets_a_factor_up_in_a_session_of_long_ago() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    tab.obtains_code(&world.here, &request("web", "openid"), "alice").await;
    world.clock.advance(2 * HOUR);
    let next = tab.asks(&world.here, &asking(MFA)).await;
    assert_eq!(Stands::from(&next), Stands::SignIn);
    let next = tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!(Stands::from(&next), Stands::EnrolFactor);
    world.clock.advance(2 * HOUR);
    let page = world.here.enrolment_page(&pending(&next), Some(&tab.browser), tab.cookie.as_ref()).await;
    assert_eq!(page.unwrap_err().reason(), Reason::RequestExpired, "nor on a page of long ago");
}

#[tokio::test]
async fn whoever_knows_the_password_keeps_its_owner_from_no_recovery_code_and_no_browser_of_theirs() {
    let world = World::new().await;
    let (app, codes) = enrolled(&world).await;
    let half = async |tab: &mut Tab| {
        let next = tab.asks(&world.here, &request("web", "openid")).await;
        tab.signs_in(&world.here, &next, "alice").await
    };
    let mut hers = Tab::open(&world.here);
    let next = half(&mut hers).await;
    let passed = world.here.second_factor(&code(&next, &app.shows(&world)), Some(&hers.browser), None).await.unwrap();
    let SecondFactorOutcome::Passed { known_browser: Some(known), .. } = passed else { panic!("{passed:?}") };
    world.clock.advance(MINUTE);
    let mut theirs = Tab::open(&world.here);
    let next = half(&mut theirs).await;
    for _guess in 0..8 {
        assert!(sends(&world.here, &mut theirs, &code(&next, &Secret::new("000000"))).await.is_err());
    }
    assert_eq!(
        sends(&world.here, &mut theirs, &code(&next, &app.shows(&world))).await.unwrap_err(),
        Reason::SignInThrottled
    );
    assert!(sends(&world.here, &mut theirs, &code(&next, &Secret::new(codes[0].clone()))).await.is_ok());
    let next = half(&mut hers).await;
    let form = SecondFactorForm { known_browser: Some(known), ..code(&next, &app.shows(&world)) };
    let passed = world.here.second_factor(&form, Some(&hers.browser), None).await.unwrap();
    assert!(matches!(passed, SecondFactorOutcome::Passed { .. }), "{passed:?}");
}
