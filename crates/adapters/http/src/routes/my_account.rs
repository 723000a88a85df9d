//! `/account`: what a person sees of themselves, and what they do to it; and the page on which they set an authenticator app up.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::admin::KeyChanges;
use grantor_application::{
    AccountAction, AccountChange, AccountForm, AccountProblem, BegunFactor, Browser, Failure, TotpSetUp,
};
use grantor_domain::error::{Reason, Refusal};
use grantor_domain::id::SessionId;
use grantor_domain::secret::Secret;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::my_account::{Failed, Message, account_page, bytes_of_hex};
use crate::pages::{AccountFailure, FactorFailure, FormField, SignedOutPage};
use crate::refusal::{Occasion, ask_to_wait, seconds_to_wait};
use crate::routes::enrolment::{reader_once, recovery_codes_page, totp_page};
use crate::routes::follow::{add_cookies, see_other};
use crate::routes::second_factor::{origin, passkey_answer};
use crate::routes::shell::Loads;
use crate::routes::{AUTHENTICATOR, MY_ACCOUNT};

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Account, &request, async |call| {
        let done = request.query_string() == DONE;
        let message = if done { Message::Done } else { Message::None };
        answer_page(&app, call, &request, message).await
    })
    .await
}

/// The query of the page after something was done.
const DONE: &str = "done";

/// The page; or the way to it, for who must sign in first.
async fn answer_page(app: &App, call: &Call<'_>, request: &HttpRequest, message: Message<'_>) -> HttpResponse {
    call.is_found_at(MY_ACCOUNT.to_owned());
    let (browser, cookies) = browser_of(app, request);
    let view = match app.service.my_account(&browser, app.session(request).as_ref()).await {
        Ok(Ok(view)) => view,
        Ok(Err(next)) => return app.follow(call, &next, cookies),
        Err(failure) => return app.refuse_on_page(&failure, Occasion::of(call)),
    };
    let status = match &message {
        Message::Failed(failed) if seconds_to_wait(failed.cause).is_some() => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::OK,
    };
    let reference = match &message {
        Message::Failed(failed) => Some(app.log_failure(failed.cause, Occasion::of(call))),
        Message::Done | Message::None => None,
    };
    let min_length = app.service.settings().password_rules.min_length;
    let page = account_page(&view, min_length, (&message, reference.as_deref()));
    let html = app.pages.my_account(&app.reader(call), &page);
    let mut page = app.page_that(Loads { script: view.passkey.is_some(), ..Loads::default() }, status, html);
    if let Message::Failed(failed) = message {
        ask_to_wait(&mut page, failed.cause);
    }
    add_cookies(&mut page, &cookies);
    page
}

/// The browser, with a cookie for one that has none yet.
fn browser_of(app: &App, request: &HttpRequest) -> (Browser, Vec<Cookie<'static>>) {
    match app.browser(request) {
        Some(browser) => (browser, Vec::new()),
        None => {
            let browser = app.service.new_browser();
            let cookies = vec![app.browser_cookie(&browser)];
            (browser, cookies)
        }
    }
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Account, &request, async |call| answer_form(&app, call, &request, payload).await).await
}

async fn answer_form(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let read = |mut form: Form| {
        let sealed = account_form(&mut form)?;
        Ok((action(form, &app.service.settings().editable_claims)?, sealed))
    };
    let (action, form) = match read_form(request, payload).await.and_then(read) {
        Ok(read) => read,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let typed = match &action {
        AccountAction::SetClaims(changes) => changes.set.clone(),
        _ => Vec::new(),
    };
    match change(app, call, request, (action, &form)).await {
        Ok((problem, failure)) => {
            let failed = Failed { failure: failure_of(problem), cause: &failure, typed: &typed };
            answer_page(app, call, request, Message::Failed(failed)).await
        }
        Err(answer) => answer,
    }
}

/// Does it, and gives the answer; or why it was not done.
async fn change(
    app: &App,
    call: &Call<'_>,
    request: &HttpRequest,
    (action, form): (AccountAction, &AccountForm),
) -> Result<(AccountProblem, Failure), HttpResponse> {
    let (browser, cookies) = browser_of(app, request);
    let session = app.session(request);
    let by = (session.as_ref(), origin(app, request));
    let change = match app.service.change_account(action, form, &browser, by).await {
        Ok(Ok(change)) => change,
        Ok(Err(next)) => return Err(app.follow(call, &next, cookies)),
        Err(failure) => return Err(app.refuse_on_page(&failure, Occasion::of(call))),
    };
    let done = || format!("{MY_ACCOUNT}?{DONE}");
    Err(match change {
        AccountChange::Refused(problem, failure) => return Ok((problem, failure)),
        AccountChange::Done => see_other(&done(), Vec::new()),
        AccountChange::DoneInSession(cookie) => see_other(&done(), vec![app.session_cookie(&cookie)]),
        AccountChange::RecoveryCodes(codes, cookie) => {
            recovery_codes_page(app, call, &codes, (MY_ACCOUNT, None), cookie.as_ref())
        }
        AccountChange::SignedOut => {
            let html = app.pages.signed_out(&app.reader(call), &SignedOutPage::default());
            let mut page = app.page(StatusCode::OK, html);
            add_cookies(&mut page, &[app.no_session_cookie()]);
            page
        }
    })
}

const fn failure_of(problem: AccountProblem) -> AccountFailure {
    match problem {
        AccountProblem::Claims => AccountFailure::Claims,
        AccountProblem::Factor => AccountFailure::Factor,
        AccountProblem::PasswordCommon => AccountFailure::PasswordCommon,
        AccountProblem::PasswordTooShort(_) => AccountFailure::PasswordTooShort,
        AccountProblem::PasswordWrong => AccountFailure::PasswordWrong,
        AccountProblem::Throttled => AccountFailure::Throttled,
    }
}

fn account_form(form: &mut Form) -> Result<AccountForm, Refusal> {
    let sealed = form.take("form").map(AccountForm::new);
    sealed.ok_or(Refusal::because(Reason::RequestExpired, "the form has no seal"))
}

/// What the pressed button does.
fn action(mut form: Form, editable: &[String]) -> Result<AccountAction, Refusal> {
    let invalid = || Refusal::parameter(Reason::ParameterInvalid, "of");
    if let Some(answer) = passkey_answer(&mut form) {
        return Ok(AccountAction::EnrolPasskey { answer, name: form.take("name").unwrap_or_default() });
    }
    let action = form.take("action");
    let mut of = || form.take("of").ok_or_else(invalid);
    Ok(match action.as_deref() {
        Some("end-grant") => AccountAction::EndGrant(of()?),
        Some("end-other-sessions") => AccountAction::EndOtherSessions,
        Some("end-session") => AccountAction::EndSession(SessionId::parse(&of()?).ok_or_else(invalid)?),
        Some("password") => AccountAction::SetPassword {
            current: form.take_secret("current").unwrap_or_else(|| Secret::new("")),
            new: form.take_secret("new").unwrap_or_else(|| Secret::new("")),
        },
        Some("profile") => AccountAction::SetClaims(changed_claims(&mut form, editable)),
        Some("recovery-codes") => AccountAction::RenewRecoveryCodes,
        Some("remove-app") => AccountAction::RemoveTotp,
        Some("remove-passkey") => AccountAction::RemovePasskey(bytes_of_hex(&of()?).ok_or_else(invalid)?),
        Some("withdraw") => AccountAction::Withdraw(of()?),
        _ => return Err(Refusal::parameter(Reason::ParameterInvalid, "action")),
    })
}

/// A field that is left empty takes the claim away; one that the page did not have changes nothing.
fn changed_claims(form: &mut Form, editable: &[String]) -> KeyChanges {
    let mut changes = KeyChanges::default();
    let shown = form.take("claims").unwrap_or_default();
    for claim in editable.iter().filter(|claim| shown.split(' ').any(|shown| shown == claim.as_str())) {
        match form.take(&format!("claim_{claim}")) {
            Some(value) => changes.set.push((claim.clone(), value)),
            None => changes.unset.push(claim.clone()),
        }
    }
    changes
}

pub(crate) async fn show_authenticator(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Account, &request, async |call| {
        let (browser, cookies) = browser_of(&app, &request);
        match app.service.totp_set_up(&browser, app.session(&request).as_ref()).await {
            Ok(Ok((set_up, form))) => {
                let mut page = authenticator_page(&app, call, (&set_up, &form), None);
                add_cookies(&mut page, &cookies);
                page
            }
            Ok(Err(next)) => app.follow(call, &next, cookies),
            Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
        }
    })
    .await
}

pub(crate) async fn submit_authenticator(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Account, &request, async |call| enrol_totp(&app, call, &request, payload).await).await
}

async fn enrol_totp(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    let read = |mut form: Form| {
        let begun = BegunFactor::new(form.take("begun").unwrap_or_default());
        let code = form.take_secret("code").unwrap_or_else(|| Secret::new(""));
        Ok((account_form(&mut form)?, begun, code))
    };
    let (form, begun, code) = match read_form(request, payload).await.and_then(read) {
        Ok(read) => read,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    let action = AccountAction::EnrolTotp { begun: begun.clone(), code };
    let (_, failure) = match change(app, call, request, (action, &form)).await {
        Ok(refused) => refused,
        Err(answer) => return answer,
    };
    let (browser, cookies) = browser_of(app, request);
    match app.service.resume_totp_set_up(&begun, &browser, app.session(request).as_ref()).await {
        Ok(Ok((set_up, form))) => authenticator_page(app, call, (&set_up, &form), Some(&failure)),
        Ok(Err(next)) => app.follow(call, &next, cookies),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn authenticator_page(
    app: &App,
    call: &Call<'_>,
    (set_up, form): (&TotpSetUp, &AccountForm),
    failure: Option<&Failure>,
) -> HttpResponse {
    let reference = failure.map(|failure| app.log_failure(failure, Occasion::of(call)));
    let mut page = totp_page(set_up, AUTHENTICATOR, vec![FormField { name: "form", value: form.as_str() }]);
    page.cancel = Some(MY_ACCOUNT);
    page.failure = failure.map(|_| FactorFailure::WrongNew);
    page.reference = reference.as_deref();
    app.page(StatusCode::OK, app.pages.enrolment(&reader_once(app, call), &page))
}
