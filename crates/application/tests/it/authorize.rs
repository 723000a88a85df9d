//! Signing in and agreeing: which page comes when, whose answer counts, and what ties a pending request to its browser.

use grantor_application::{AccountDecision, Browser, ConsentDecision, Next, SignInOutcome};
use grantor_domain::authorization::Parameters;
use grantor_domain::error::Reason;
use serde_json::json;

use crate::fixture::Stands::{ChooseAccount, Code, Consent, Refused, SignIn};
use crate::fixture::*;

/// A browser in which `who` has signed in and allowed the client `web` the scope `openid read`, a minute ago.
async fn signed_in(world: &World, who: &str) -> Tab {
    let mut tab = Tab::open(&world.here);
    tab.obtains_code(&world.here, &request("web", "openid read"), who).await;
    world.clock.advance(MINUTE);
    tab
}

fn prompting(prompt: &str) -> Parameters {
    Parameters { prompt: Some(prompt.to_owned()), ..request("web", "openid read") }
}

/// Where a request stands in this browser.
async fn check(world: &World, tab: &Tab, parameters: &Parameters, expect: Stands) -> Next {
    let next = tab.asks(&world.here, parameters).await;
    assert_eq!(Stands::from(&next), expect, "{parameters:?}");
    next
}

#[tokio::test]
async fn a_person_signs_in_and_agrees_once() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let next = check(&world, &tab, &request("web", "openid read"), SignIn).await;
    let view = world.here.sign_in_page(&pending(&next), Some(&tab.browser), None).await.unwrap().unwrap();
    assert_eq!(view.client_name.as_deref(), Some("web"));
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let view = world.here.consent_page(&pending(&next), Some(&tab.browser), tab.cookie.as_ref()).await;
    let view = view.unwrap().unwrap();
    assert_eq!((view.subject_name.as_str(), view.scope.to_string().as_str()), ("alice of Wonderland", "openid read"));
    let Next::Code { destination, .. } = tab.answers(&world.here, &next, ConsentDecision::Allow).await else {
        panic!("no code")
    };
    assert_eq!(destination.state.as_deref(), Some("state"));
    check(&world, &tab, &request("web", "openid read"), Code).await;
}

#[tokio::test]
async fn a_pending_request_is_worth_nothing_in_another_browser() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let sign_in = tab.asks(&world.here, &request("web", "openid")).await;
    let consent = tab.signs_in(&world.here, &sign_in, "alice").await;
    let victim = signed_in(&world, "bob").await;
    let others: [Option<&Browser>; 2] = [Some(&victim.browser), None];
    for browser in others {
        let cookie = victim.cookie.as_ref();
        let here = &world.here;
        let form = Tab::form(&sign_in, "alice");
        assert_eq!(refused(here.sign_in_page(&pending(&sign_in), browser, cookie).await), Reason::RequestExpired);
        assert_eq!(refused(here.sign_in(&form, browser, cookie).await), Reason::RequestExpired);
        assert_eq!(refused(here.consent_page(&pending(&consent), browser, cookie).await), Reason::RequestExpired);
        let answer = here.consent(&pending(&consent), ConsentDecision::Allow, browser, cookie).await;
        assert_eq!(refused(answer), Reason::RequestExpired);
    }
}

#[tokio::test]
async fn a_pending_request_expires() {
    let world = World::new().await;
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let interaction = pending(&next);
    let page = || world.here.sign_in_page(&interaction, Some(&tab.browser), None);
    world.clock.advance(HOUR - MILLISECOND);
    assert!(page().await.unwrap().is_ok());
    world.clock.advance(MILLISECOND);
    assert_eq!(refused(page().await), Reason::RequestExpired);
    assert_eq!(
        refused(world.here.sign_in(&Tab::form(&next, "alice"), Some(&tab.browser), None).await),
        Reason::RequestExpired
    );
}

#[tokio::test]
async fn a_code_is_no_pending_request_and_the_other_way_round() {
    let world = World::new().await;
    let tab = Tab::open(&world.here);
    let code = grantor_application::Interaction::new(world.code("web", "openid").await);
    assert_eq!(refused(world.here.sign_in_page(&code, Some(&tab.browser), None).await), Reason::RequestExpired);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    assert_eq!(refused(redeem(&world.here, "web", pending(&next).as_str()).await), Reason::CodeInvalid);
}

#[tokio::test]
async fn consent_counts_only_for_the_session_that_was_asked() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let asked = tab.signs_in(&world.here, &next, "alice").await;
    // Meanwhile, in another tab of the same browser, bob signs in.
    let other = tab.asks(&world.here, &prompting("login")).await;
    tab.signs_in(&world.here, &other, "bob").await;
    let next = tab.answers(&world.here, &asked, ConsentDecision::Allow).await;
    assert_eq!(Stands::from(&next), Consent, "bob is asked himself");
    let refusing = tab.answers(&world.here, &asked, ConsentDecision::Deny).await;
    assert_eq!(Stands::from(&refusing), Consent, "and alice's page cannot deny for him");
    // A page that asked nobody is no page to agree on.
    let unasked = Tab::open(&world.here).asks(&world.here, &request("web", "openid")).await;
    let unasked = world.here.consent(&pending(&unasked), ConsentDecision::Allow, Some(&tab.browser), None).await;
    assert_eq!(refused(unasked), Reason::RequestExpired);
}

#[tokio::test]
async fn a_denial_is_told_and_forgotten() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let next = tab.signs_in(&world.here, &next, "alice").await;
    let denied = tab.answers(&world.here, &next, ConsentDecision::Deny).await;
    assert_eq!(Stands::from(&denied), Refused(Reason::AccessDenied));
    check(&world, &tab, &request("web", "openid"), Consent).await;
}

#[tokio::test]
async fn remembered_consent_is_the_union_of_what_was_allowed() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    check(&world, &tab, &request("web", "read"), Code).await;
    let next = check(&world, &tab, &request("web", "openid email"), Consent).await;
    let view = world.here.consent_page(&pending(&next), Some(&tab.browser), tab.cookie.as_ref()).await;
    assert_eq!(view.unwrap().unwrap().new.to_string(), "email");
    tab.answers(&world.here, &next, ConsentDecision::Allow).await;
    check(&world, &tab, &request("web", "openid email read"), Code).await;
    check(&world, &tab, &request("web", "openid write"), Consent).await;
    check(&world, &tab, &request("other", "read"), Consent).await;
    tab.obtains_code(&world.here, &request("other", "openid"), "alice").await;
    check(&world, &tab, &request("other", "read"), Consent).await;
}

#[tokio::test]
async fn a_native_public_client_always_asks() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    for _ in 0..2 {
        tab.obtains_code(&world.here, &request("native", "openid"), "alice").await;
        check(&world, &tab, &request("native", "openid"), Consent).await;
    }
    tab.obtains_code(&world.here, &request("spa", "openid"), "alice").await;
    check(&world, &tab, &request("spa", "openid"), Code).await;
}

#[tokio::test]
async fn a_first_party_client_asks_for_offline_access_alone() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    check(&world, &tab, &request("own", "openid email read"), Code).await;
    check(&world, &tab, &request("own", "openid offline_access"), Consent).await;
    check(&world, &tab, &Parameters { prompt: Some("consent".to_owned()), ..request("own", "openid") }, Consent).await;
    tab.obtains_code(&world.here, &request("own", "openid offline_access"), "alice").await;
    check(&world, &tab, &request("own", "openid offline_access"), Code).await;
}

#[tokio::test]
async fn prompts_are_heeded() {
    let world = World::new().await;
    let nobody = Tab::open(&world.here);
    check(&world, &nobody, &prompting("none"), Refused(Reason::LoginRequired)).await;
    check(&world, &nobody, &prompting("none login"), Refused(Reason::ParameterInvalid)).await;
    let mut tab = signed_in(&world, "alice").await;
    check(&world, &tab, &prompting("none"), Code).await;
    let wider = Parameters { prompt: Some("none".to_owned()), ..request("web", "openid write") };
    check(&world, &tab, &wider, Refused(Reason::ConsentRequired)).await;
    check(&world, &tab, &prompting("select_account"), ChooseAccount).await;
    check(&world, &tab, &prompting("consent"), Consent).await;
    let next = check(&world, &tab, &prompting("login"), SignIn).await;
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Code);
    world.clock.advance(MILLISECOND);
    let next = check(&world, &tab, &prompting("login consent"), SignIn).await;
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Consent);
}

#[tokio::test]
async fn an_account_is_chosen_for_the_session_that_was_shown() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    let shown = check(&world, &tab, &prompting("select_account"), ChooseAccount).await;
    let agreed = tab.answers(&world.here, &shown, ConsentDecision::Allow).await;
    assert_eq!(Stands::from(&agreed), ChooseAccount, "the chooser did not ask for consent");
    let chosen = tab.chooses(&world.here, &shown, AccountDecision::Continue).await;
    assert_eq!(Stands::from(&chosen), Code);
    let another = tab.chooses(&world.here, &shown, AccountDecision::Another).await;
    assert_eq!(Stands::from(&another), SignIn);
    let page = world.here.sign_in_page(&pending(&another), Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
    assert!(page.is_ok(), "who is signed in does not lead back");
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &another, "bob").await), Consent);
    world.clock.advance(MILLISECOND);
    let shown = check(&world, &tab, &prompting("select_account"), ChooseAccount).await;
    // Somebody else signed in meanwhile, in another tab.
    let next = check(&world, &tab, &prompting("login"), SignIn).await;
    tab.signs_in(&world.here, &next, "alice").await;
    world.clock.advance(MILLISECOND);
    let chosen = tab.chooses(&world.here, &shown, AccountDecision::Continue).await;
    assert_eq!(Stands::from(&chosen), ChooseAccount, "bob was shown, and alice is here");
}

#[tokio::test]
async fn a_new_sign_in_moves_auth_time() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    let mut times = Vec::new();
    for parameters in [request("web", "openid"), prompting("login")] {
        let code = tab.obtains_code(&world.here, &parameters, "alice").await;
        let answer = issued(redeem(&world.here, "web", &code).await);
        times.push(claims(&answer.id_token.unwrap()).time("auth_time").unwrap());
    }
    assert_eq!(times[1].since(times[0]), MINUTE);
}

#[tokio::test]
async fn max_age_asks_for_a_newer_sign_in() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    let within = |seconds: &str| Parameters { max_age: Some(seconds.to_owned()), ..request("web", "openid") };
    check(&world, &tab, &within("10000"), Code).await;
    check(&world, &tab, &within("60"), Code).await;
    check(&world, &tab, &within("0"), SignIn).await;
    check(&world, &tab, &within("-1"), Refused(Reason::ParameterInvalid)).await;
    let silent = Parameters { prompt: Some("none".to_owned()), ..within("1") };
    check(&world, &tab, &silent, Refused(Reason::LoginRequired)).await;
    let next = check(&world, &tab, &within("59"), SignIn).await;
    // However long the person takes to sign in: what happened after the request is new enough.
    world.clock.advance(10 * MINUTE);
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Code);
}

#[tokio::test]
async fn a_client_may_always_want_a_newer_sign_in() {
    let world = World::new().await;
    let recent = client("recent", json!({ "first_party": true, "default_max_age": 60 }));
    world.apply(json!({ "clients": [recent] })).await;
    let mut tab = signed_in(&world, "alice").await;
    let asked = request("recent", "openid");
    check(&world, &tab, &asked, Code).await;
    world.clock.advance(MILLISECOND);
    check(&world, &tab, &Parameters { max_age: Some("61".to_owned()), ..asked.clone() }, Code).await;
    let next = check(&world, &tab, &asked, SignIn).await;
    world.clock.advance(10 * MINUTE);
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Code);
}

#[tokio::test]
async fn who_is_named_is_the_only_one_to_answer() {
    let world = World::new().await;
    let hint = world.granted("web", "openid").await.id_token;
    let hinting = Parameters { id_token_hint: hint, ..request("web", "openid") };
    let claims = Some(r#"{"id_token":{"sub":{"value":"alice"}}}"#.to_owned());
    let naming = Parameters { claims, ..request("web", "openid") };
    let alice = signed_in(&world, "alice").await;
    let bob = signed_in(&world, "bob").await;
    for named in [hinting, naming] {
        world.clock.advance(MINUTE);
        check(&world, &alice, &named, Code).await;
        let silent = Parameters { prompt: Some("none".to_owned()), ..named.clone() };
        check(&world, &alice, &silent, Code).await;
        check(&world, &bob, &silent, Refused(Reason::LoginRequired)).await;
        let mut tab = bob.clone();
        let next = check(&world, &tab, &named, SignIn).await;
        let refused = Refused(Reason::LoginRequired);
        assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "bob").await), refused, "nobody is asked for ever");
        world.clock.advance(MINUTE);
        let next = check(&world, &tab, &named, SignIn).await;
        assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Code);
    }
}

#[tokio::test]
async fn signing_in_again_keeps_the_session_and_changes_the_cookie() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    let before = tab.clone();
    let next = tab.asks(&world.here, &prompting("login")).await;
    tab.signs_in(&world.here, &next, "alice").await;
    assert_eq!(tab.session(), before.session(), "the grants of the session go on with it");
    assert_ne!(tab.cookie, before.cookie);
    check(&world, &before, &request("web", "openid"), SignIn).await;
    check(&world, &tab, &request("web", "openid"), Code).await;
}

#[tokio::test]
async fn another_person_gets_a_session_of_their_own() {
    let world = World::new().await;
    let mut tab = signed_in(&world, "alice").await;
    let alices = tab.session();
    let next = tab.asks(&world.here, &prompting("login")).await;
    let next = tab.signs_in(&world.here, &next, "bob").await;
    assert_eq!(Stands::from(&next), Consent, "what alice allowed is not what bob did");
    assert_ne!(tab.session(), alices);
}

#[tokio::test]
async fn a_session_ends_with_time_with_its_user_and_with_a_wrong_secret() {
    let world = World::new().await;
    let asking = request("web", "openid");
    let tab = signed_in(&world, "alice").await;
    let mut forged = tab.clone();
    let guessed = format!("{}.{}", tab.session(), "0".repeat(32));
    forged.cookie = Some(grantor_application::SessionCookie::new(guessed));
    check(&world, &forged, &asking, SignIn).await;
    let disabled = signed_in(&world, "bob").await;
    world.here.disable_user(&subject("bob")).await.unwrap();
    world.here.enable_user(&subject("bob")).await.unwrap();
    check(&world, &disabled, &asking, SignIn).await;
    check(&world, &tab, &asking, Code).await;
    world.clock.advance(world.here.settings().lifetimes.session);
    check(&world, &tab, &asking, SignIn).await;
}

#[tokio::test]
async fn a_page_with_nothing_to_ask_leads_on() {
    let world = World::new().await;
    let mut tab = Tab::open(&world.here);
    let sign_in = tab.asks(&world.here, &request("web", "openid")).await;
    let consent = tab.signs_in(&world.here, &sign_in, "alice").await;
    let page = world.here.sign_in_page(&pending(&sign_in), Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
    assert_eq!(page.err().as_ref().map(Stands::from), Some(Consent));
    tab.answers(&world.here, &consent, ConsentDecision::Allow).await;
    let page = world.here.consent_page(&pending(&consent), Some(&tab.browser), tab.cookie.as_ref()).await.unwrap();
    assert_eq!(page.err().as_ref().map(Stands::from), Some(Code));
}

#[tokio::test]
async fn a_wrong_password_shows_the_page_again() {
    let world = World::new().await;
    let tab = Tab::open(&world.here);
    let next = tab.asks(&world.here, &request("web", "openid")).await;
    let form = grantor_application::SignInForm { password: secret("wrong"), ..Tab::form(&next, "alice") };
    let outcome = world.here.sign_in(&form, Some(&tab.browser), None).await.unwrap();
    let SignInOutcome::Wrong { view, failure } = outcome else { panic!("signed in") };
    assert_eq!((view.login_hint.as_deref(), failure.reason()), (Some("alice"), Reason::CredentialsInvalid));
}

#[tokio::test]
async fn nothing_is_sent_to_a_place_that_is_not_the_clients() {
    let world = World::new().await;
    let tab = Tab::open(&world.here);
    let elsewhere = Some("https://evil.example/cb".to_owned());
    let cases = [
        (Parameters { redirect_uri: elsewhere, ..request("web", "openid") }, Reason::RedirectUriMismatch),
        (Parameters { redirect_uri: None, ..request("web", "openid") }, Reason::ParameterMissing),
        (Parameters { client_id: Some("nobody".to_owned()), ..request("web", "openid") }, Reason::ClientUnknown),
        (Parameters { client_id: None, ..request("web", "openid") }, Reason::ParameterMissing),
    ];
    for (parameters, expect) in cases {
        assert_eq!(refused(world.here.authorize(&parameters, &tab.browser, None).await), expect);
    }
}
