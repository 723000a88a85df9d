//! My account: seen by its owner alone, and what they take back is gone.

use grantor_application::admin::KeyChanges;
use grantor_application::{AccountAction, AccountChange, AccountProblem, MyAccountView, Next};
use grantor_domain::error::Reason;
use grantor_domain::secret::Secret;
use grantor_ports::SessionOrigin;

use crate::fixture::*;
use crate::second_factor::{App, answer};

/// Alice signs in to look at her account.
async fn visits(world: &World) -> Tab {
    let mut tab = Tab::open(&world.here);
    let next = world.here.my_account(&tab.browser, None).await.unwrap().unwrap_err();
    let page = world.here.sign_in_page(&pending(&next), Some(&tab.browser), None).await.unwrap().unwrap();
    assert_eq!(page.client_name, None, "nobody but she asks");
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Stands::Account);
    tab
}

async fn sees(world: &World, tab: &Tab) -> MyAccountView {
    let page = world.here.my_account(&tab.browser, tab.cookie.as_ref()).await.unwrap();
    page.unwrap_or_else(|next| panic!("she must go to {next:?}"))
}

/// Does something, and keeps the cookie if it is another then.
async fn does(world: &World, tab: &mut Tab, action: AccountAction) -> AccountChange {
    let form = sees(world, tab).await.form;
    let by = (tab.cookie.as_ref(), SessionOrigin::default());
    let change = world.here.change_account(action, &form, &tab.browser, by).await.unwrap().unwrap();
    if let AccountChange::DoneInSession(cookie) | AccountChange::RecoveryCodes(_, Some(cookie)) = &change {
        tab.cookie = Some(cookie.clone());
    }
    change
}

async fn where_to(world: &World, tab: &Tab) -> Stands {
    match world.here.my_account(&tab.browser, tab.cookie.as_ref()).await.unwrap() {
        Ok(_) => Stands::Account,
        Err(next) => Stands::from(&next),
    }
}

#[tokio::test]
async fn whoever_looks_at_their_account_has_signed_in_recently_and_as_well_as_they_can() {
    let world = World::new().await;
    let mut tab = visits(&world).await;
    world.clock.advance(HOUR - SECOND);
    assert_eq!(where_to(&world, &tab).await, Stands::Account);
    world.clock.advance(MINUTE);
    assert_eq!(where_to(&world, &tab).await, Stands::SignIn, "an hour is long enough");
    let mut tab2 = visits(&world).await;
    let (set_up, _) = world.here.totp_set_up(&tab2.browser, tab2.cookie.as_ref()).await.unwrap().unwrap();
    let code = App::with(&set_up).shows(&world);
    let enrolled = does(&world, &mut tab2, AccountAction::EnrolTotp { begun: set_up.begun, code }).await;
    let AccountChange::RecoveryCodes(codes, Some(_)) = enrolled else { panic!("{enrolled:?}") };
    assert_eq!(codes.texts().count(), 10);
    assert_eq!(where_to(&world, &tab2).await, Stands::Account, "she has just shown it");
    let next = world.here.my_account(&tab.browser, tab.cookie.as_ref()).await.unwrap().unwrap_err();
    assert_eq!(Stands::from(&tab.signs_in(&world.here, &next, "alice").await), Stands::SecondFactor);
    assert_eq!(where_to(&world, &tab).await, Stands::SignIn);
}

#[tokio::test]
async fn a_page_of_one_session_does_nothing_in_another() {
    let world = World::new().await;
    let (mine, other) = (visits(&world).await, visits(&world).await);
    let form = sees(&world, &other).await.form;
    let by = (mine.cookie.as_ref(), SessionOrigin::default());
    let change = world.here.change_account(AccountAction::EndOtherSessions, &form, &mine.browser, by).await;
    assert_eq!(change.unwrap_err().reason(), Reason::RequestExpired);
    assert_eq!(where_to(&world, &other).await, Stands::Account);
}

#[tokio::test]
async fn a_person_sees_what_clients_may_do_and_takes_it_back() {
    let world = World::new().await;
    let kept = world.granted("web", "openid profile offline_access").await;
    let native = world.granted("native", "openid").await;
    let mut tab = visits(&world).await;
    let seen = sees(&world, &tab).await.applications;
    let names: Vec<_> = seen.iter().map(|app| (app.name.as_str(), app.grants.len())).collect();
    assert_eq!(names, [("native", 1), ("web", 1)]);
    assert_eq!(seen[1].scope.to_string(), "openid profile offline_access");
    let grant = seen[0].grants[0].reference.to_string();
    does(&world, &mut tab, AccountAction::EndGrant(grant)).await;
    assert!(refresh(&world.here, "native", &refresh_token(&native)).await.is_err());
    does(&world, &mut tab, AccountAction::EndGrant("l.0199a3c0-5b1e-7c11-8f3a-0d6b6a1f2c44".to_owned())).await;
    does(&world, &mut tab, AccountAction::Withdraw("web".to_owned())).await;
    assert!(refresh(&world.here, "web", &refresh_token(&kept)).await.is_err());
    assert!(sees(&world, &tab).await.applications.is_empty());
    let next = tab.asks(&world.here, &request("web", "openid profile")).await;
    assert_eq!(Stands::from(&next), Stands::Consent, "it must ask again");
}

#[tokio::test]
async fn nobody_ends_what_is_somebody_elses() {
    let world = World::new().await;
    let alices = world.granted("web", "openid offline_access").await;
    let grant = sees(&world, &visits(&world).await).await.applications[0].grants[0].reference.to_string();
    let mut tab = Tab::open(&world.here);
    let next = world.here.my_account(&tab.browser, None).await.unwrap().unwrap_err();
    tab.signs_in(&world.here, &next, "bob").await;
    does(&world, &mut tab, AccountAction::EndGrant(grant)).await;
    does(&world, &mut tab, AccountAction::Withdraw("web".to_owned())).await;
    assert!(refresh(&world.here, "web", &refresh_token(&alices)).await.is_ok());
    let alices = visits(&world).await;
    does(&world, &mut tab, AccountAction::EndSession(alices.session())).await;
    assert_eq!(where_to(&world, &alices).await, Stands::Account);
}

#[tokio::test]
async fn sessions_are_ended_one_by_one_or_all_but_this() {
    let world = World::new().await;
    let (mut mine, one, two) = (visits(&world).await, visits(&world).await, visits(&world).await);
    assert_eq!(sees(&world, &mine).await.sessions.len(), 3);
    does(&world, &mut mine, AccountAction::EndSession(one.session())).await;
    assert_eq!((where_to(&world, &one).await, where_to(&world, &two).await), (Stands::SignIn, Stands::Account));
    does(&world, &mut mine, AccountAction::EndOtherSessions).await;
    assert_eq!((where_to(&world, &two).await, where_to(&world, &mine).await), (Stands::SignIn, Stands::Account));
    let own = mine.session();
    let change = does(&world, &mut mine, AccountAction::EndSession(own)).await;
    assert!(matches!(change, AccountChange::SignedOut));
    assert_eq!(where_to(&world, &mine).await, Stands::SignIn);
}

#[tokio::test]
async fn a_new_password_puts_out_whoever_knew_the_old_one() {
    let world = World::new().await;
    let (mut mine, other) = (visits(&world).await, visits(&world).await);
    world.clock.advance(SECOND);
    let set = |current: &str, new: &str| AccountAction::SetPassword { current: secret(current), new: secret(new) };
    let right = password_of("alice");
    let refused = async |mine: &mut Tab, action| match does(&world, mine, action).await {
        AccountChange::Refused(problem, _) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(&mut mine, set("wrong", "red queen seven")).await, AccountProblem::PasswordWrong);
    assert_eq!(refused(&mut mine, set(&right, "short")).await, AccountProblem::PasswordTooShort(8));
    assert_eq!(refused(&mut mine, set(&right, "password1")).await, AccountProblem::PasswordCommon);
    assert_eq!(where_to(&world, &other).await, Stands::Account);
    let change = does(&world, &mut mine, set(&right, "red queen seven")).await;
    assert!(matches!(change, AccountChange::DoneInSession(_)), "{change:?}");
    assert_eq!((where_to(&world, &other).await, where_to(&world, &mine).await), (Stands::SignIn, Stands::Account));
}

#[tokio::test]
async fn factors_are_removed_and_with_the_last_the_recovery_codes() {
    let world = World::new().await;
    let mut tab = visits(&world).await;
    let offer = sees(&world, &tab).await.passkey.unwrap();
    let made =
        AccountAction::EnrolPasskey { answer: answer(&offer, FakeAuthenticator("key")), name: " Laptop ".to_owned() };
    assert!(matches!(does(&world, &mut tab, made).await, AccountChange::RecoveryCodes(..)));
    let (set_up, _) = world.here.totp_set_up(&tab.browser, tab.cookie.as_ref()).await.unwrap().unwrap();
    let wrong = AccountAction::EnrolTotp { begun: set_up.begun.clone(), code: Secret::new("000000") };
    assert!(matches!(does(&world, &mut tab, wrong).await, AccountChange::Refused(AccountProblem::Factor, _)));
    let code = App::with(&set_up).shows(&world);
    let change = does(&world, &mut tab, AccountAction::EnrolTotp { begun: set_up.begun, code }).await;
    assert!(matches!(change, AccountChange::DoneInSession(_)), "she has recovery codes: {change:?}");
    let factors = sees(&world, &tab).await.factors;
    assert_eq!(
        (factors.totp.is_some(), factors.passkeys[0].name.as_str(), factors.recovery_codes),
        (true, "Laptop", 10)
    );
    assert!(matches!(
        does(&world, &mut tab, AccountAction::RenewRecoveryCodes).await,
        AccountChange::RecoveryCodes(_, None)
    ));
    does(&world, &mut tab, AccountAction::RemovePasskey(b"key".to_vec())).await;
    assert_eq!(sees(&world, &tab).await.factors.recovery_codes, 10);
    does(&world, &mut tab, AccountAction::RemoveTotp).await;
    let factors = sees(&world, &tab).await.factors;
    assert!(factors.is_empty() && factors.recovery_codes == 0);
    let next = Tab::open(&world.here).asks(&world.here, &request("web", "openid")).await;
    assert!(matches!(next, Next::SignIn(_)));
}

#[tokio::test]
async fn a_person_changes_what_is_theirs_to_change() {
    let world = World::new().await;
    let mut tab = visits(&world).await;
    let set = |key: &str, value: &str| {
        AccountAction::SetClaims(KeyChanges { set: vec![(key.to_owned(), value.to_owned())], unset: Vec::new() })
    };
    assert!(matches!(does(&world, &mut tab, set("name", "Alice Pleasance")).await, AccountChange::Done));
    assert_eq!(sees(&world, &tab).await.user.claims.name(), Some("Alice Pleasance"));
    for refused in [set("email_verified", "true"), set("name", &"x".repeat(257))] {
        let change = does(&world, &mut tab, refused).await;
        assert!(matches!(change, AccountChange::Refused(AccountProblem::Claims, _)), "{change:?}");
    }
}

#[tokio::test]
async fn an_address_that_its_owner_changes_is_checked_no_more() {
    let world = World::with(|settings| settings.editable_claims = vec!["email".to_owned()]).await;
    let verified = KeyChanges { set: vec![("email_verified".to_owned(), "true".to_owned())], unset: Vec::new() };
    world.here.update_user(&subject("alice"), &verified).await.unwrap().unwrap().unwrap();
    let mut tab = visits(&world).await;
    let told = async |tab: &Tab| {
        let claims = sees(&world, tab).await.user.claims;
        (claims.text("email").map(str::to_owned), claims.named(&["email_verified".to_owned()]).len())
    };
    let (email, _) = told(&tab).await;
    let set = |email: &str| {
        AccountAction::SetClaims(KeyChanges { set: vec![("email".to_owned(), email.to_owned())], unset: Vec::new() })
    };
    does(&world, &mut tab, set(&email.unwrap())).await;
    assert_eq!(told(&tab).await.1, 1, "the same is as good as before");
    does(&world, &mut tab, set("ceo@example.test")).await;
    assert_eq!(told(&tab).await, (Some("ceo@example.test".to_owned()), 0));
}

#[tokio::test]
async fn what_an_administrator_sets_meanwhile_stays() {
    let world = World::new().await;
    let mut tab = visits(&world).await;
    world.clock.advance(SECOND);
    let admin = world.replica().await;
    let set = async move {
        admin.set_password(&subject("alice"), secret("six impossible things")).await.unwrap().unwrap();
    };
    world.storage.before("Users::replace_password", set);
    let set = AccountAction::SetPassword { current: secret(&password_of("alice")), new: secret("red queen seven") };
    let change = does(&world, &mut tab, set).await;
    assert!(matches!(change, AccountChange::Refused(AccountProblem::PasswordWrong, _)), "{change:?}");
    assert_eq!(where_to(&world, &tab).await, Stands::SignIn);
}
