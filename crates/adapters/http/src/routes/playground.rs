//! `/playground` and its redirect URI: a form is shown, read, sent on as the request that it makes, and the answer shown.
//! Whether it exists is the operator's choice. Grantor's own.

use actix_web::http::{Method, StatusCode};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Browser, Failure, PlaygroundStep};
use grantor_domain::error::Refusal;
use grantor_domain::secret::{Secret, same_bytes};
use grantor_ports::CryptoFailure;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{AnswerView, CheckView, CurlView, HeaderView, Reader, ResultView};
use crate::playground::actions::{AUTHORIZATION_CODE, Action, REDEEM_CODE, Target, find};
use crate::playground::answer::device_page;
use crate::playground::entry::Entry;
use crate::playground::jwt::{check, filled};
use crate::playground::kept::{Kept, Waiting};
use crate::playground::outgoing::Outgoing;
use crate::playground::page::Shown;
use crate::playground::perform::{NotPerformed, perform};
use crate::playground::proof::{NotProven, prove};
use crate::playground::{PATH, Playground};
use crate::refusal::Occasion;
use crate::routes::follow::{add_cookies, see_other};

/// A request to the playground that is being answered.
struct Visit<'a> {
    app: &'a Data<App>,
    playground: &'a Playground,
    call: &'a Call<'a>,
    request: &'a HttpRequest,
}

pub(crate) async fn show(app: Data<App>, playground: Data<Playground>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Playground, &request, async |call| {
        let visit = Visit { app: &app, playground: &playground, call, request: &request };
        match Form::parse(request.query_string().as_bytes()) {
            Ok(mut form) => {
                let (action, client_id) = (action(&mut form), form.take("client"));
                let (entry, kept) = playground.begin(action, client_id.as_deref());
                visit.page(&Shown::form(entry, kept))
            }
            Err(refusal) => app.refuse_on_page(&refusal.into(), Occasion::of(call)),
        }
    })
    .await
}

pub(crate) async fn submit(
    app: Data<App>,
    playground: Data<Playground>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    app.observed(Endpoint::Playground, &request, async |call| {
        let visit = Visit { app: &app, playground: &playground, call, request: &request };
        match read_form(&request, payload).await {
            Ok(form) => visit.answer_form(form).await,
            Err(refusal) => app.refuse_on_page(&refusal.into(), Occasion::of(call)),
        }
    })
    .await
}

pub(crate) async fn callback(app: Data<App>, playground: Data<Playground>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Playground, &request, async |call| {
        let visit = Visit { app: &app, playground: &playground, call, request: &request };
        match Form::parse(request.query_string().as_bytes()) {
            Ok(form) => visit.answer_callback(form),
            Err(refusal) => app.refuse_on_page(&refusal.into(), Occasion::of(call)),
        }
    })
    .await
}

/// What is tried: what the form says, or else the flow that most want.
fn action(form: &mut Form) -> &'static Action {
    form.take("try").as_deref().and_then(find).unwrap_or_else(|| known(AUTHORIZATION_CODE))
}

/// An action that there is.
fn known(name: &str) -> &'static Action {
    let [first, ..] = &crate::playground::actions::ALL;
    find(name).unwrap_or(first)
}

impl Visit<'_> {
    /// A page for this browser, which gets a cookie if it has none yet.
    fn page(&self, shown: &Shown) -> HttpResponse {
        let cookie = self.app.browser(self.request);
        let browser = cookie.clone().unwrap_or_else(|| self.app.service.new_browser());
        let mut page = self.app.playground_page(self.playground, shown, (&browser, &self.reader()));
        add_cookies(&mut page, cookie.is_none().then(|| self.app.browser_cookie(&browser)).as_slice());
        page
    }

    /// Who reads the page. In another language it can be had only as long as nobody has sent anything.
    fn reader(&self) -> Reader {
        let reader = self.app.reader(self.call);
        let is_form = self.request.method() == Method::GET && self.request.path() == PATH;
        Reader { return_to: reader.return_to.filter(|_| is_form), ..reader }
    }

    /// What came is not what this browser was given, or not any more.
    fn begin_again(&self, action: &'static Action, refusal: Refusal, alert: &'static str) -> HttpResponse {
        self.app.log_failure(&refusal.into(), Occasion::of(self.call));
        let (entry, kept) = self.playground.begin(action, None);
        self.page(&Shown::form(entry, kept).because(alert))
    }

    async fn answer_form(&self, mut form: Form) -> HttpResponse {
        let action = action(&mut form);
        let step = PlaygroundStep::new(form.take("kept").unwrap_or_default());
        // Another site that sends the form has no step that was made for this browser, and comes without its cookie.
        let browser = self.app.browser(self.request);
        let kept: Kept = match self.app.service.open_playground(&step, browser.as_ref()) {
            Ok(kept) => kept,
            Err(refusal) => return self.begin_again(action, refusal, "playground-not-this-browser"),
        };
        let chosen = form.take("client").and_then(|client_id| self.playground.choose(&client_id, &kept));
        if let Some(shown) = self.fill_in(action, &kept, chosen, form.take("next")) {
            return self.page(&shown);
        }
        let entry = Entry::read(action, &mut form, &kept);
        let kept = entry.to_kept(&kept);
        match (action.target, browser) {
            (Target::Authorization, Some(browser)) => self.begin_code_flow(entry, kept, &browser),
            _ => self.send(entry, kept).await,
        }
    }

    /// The form that a button other than that which sends leads to: that of a next step, or of a client of the demo set.
    fn fill_in(
        &self,
        action: &'static Action,
        kept: &Kept,
        chosen: Option<Kept>,
        next: Option<String>,
    ) -> Option<Shown> {
        let step = next.as_deref().and_then(|next| kept.next_step(next));
        if step.is_none() && chosen.is_none() {
            return None;
        }
        let kept = chosen.unwrap_or_else(|| kept.clone());
        let entry = match step {
            Some((action, field, value)) => self.playground.fill_in(action, &kept).with(field, value),
            None => self.playground.fill_in(action, &kept),
        };
        Some(Shown { next, ..Shown::form(entry, kept) })
    }

    /// Sends the person to the authorization endpoint. What the client must know of it afterwards waits in a cookie.
    fn begin_code_flow(&self, entry: Entry, kept: Kept, browser: &Browser) -> HttpResponse {
        if entry.client_id.is_empty() {
            return self.page(&Shown::form(entry, kept).because("playground-client-missing"));
        }
        let (service, flow) = (&self.app.service, self.app.service.new_code_flow());
        let outgoing = Outgoing::of(&entry, None, service.settings());
        let query = outgoing.query(&[
            ("response_type", "code"),
            ("redirect_uri", &self.app.playground_redirect_uri()),
            ("state", &flow.state),
            ("nonce", &flow.nonce),
            ("code_challenge", &flow.challenge),
            ("code_challenge_method", "S256"),
        ]);
        let address = format!("{}?{query}", outgoing.path);
        let waiting = Waiting {
            kept: Kept { nonce: Some(flow.nonce), access_token: None, refresh_token: None, device_code: None, ..kept },
            state: flow.state,
            verifier: Some(flow.verifier),
            address,
        };
        match waiting.seal(service, browser) {
            Some(step) => see_other(&waiting.address, vec![self.app.playground_cookie(&step)]),
            None => self.page(&Shown::form(entry, waiting.kept).because("playground-too-long")),
        }
    }

    /// The authorization endpoint has sent the person back.
    fn answer_callback(&self, mut form: Form) -> HttpResponse {
        let step = self.app.playground_step(self.request).unwrap_or_else(|| PlaygroundStep::new(""));
        let waiting: Waiting = match self.app.service.open_playground(&step, self.app.browser(self.request).as_ref()) {
            Ok(waiting) => waiting,
            Err(refusal) => return self.begin_again(known(AUTHORIZATION_CODE), refusal, "playground-nobody-waits"),
        };
        let parameters =
            form.pairs().map(|(name, value)| HeaderView { name: name.to_owned(), value: value.to_owned() });
        let parameters: Vec<_> = parameters.collect();
        let issuer = self.app.service.settings().issuer.as_str();
        let checks = vec![
            compare("state", form.take("state").as_deref(), &waiting.state),
            compare("iss", form.take("iss").as_deref(), issuer),
        ];
        let code = form.take_secret("code");
        let result = ResultView {
            request: format!("GET {} HTTP/1.1\nHost: {}", waiting.address, self.host()),
            answer: AnswerView { is_success: code.is_some(), headers: parameters, ..AnswerView::default() },
            checks,
            ..ResultView::default()
        };
        self.show_callback(waiting, code, result)
    }

    fn show_callback(&self, waiting: Waiting, code: Option<Secret>, result: ResultView) -> HttpResponse {
        let kept = waiting.kept;
        if result.checks.iter().any(|check| !check.holds) {
            // The real answer may still come.
            let entry = self.playground.fill_in(known(AUTHORIZATION_CODE), &kept);
            return self
                .page(&Shown { result: Some(result), ..Shown::form(entry, kept).because("playground-wrong-answer") });
        }
        let entry = match (code, waiting.verifier) {
            (Some(code), Some(verifier)) => self
                .playground
                .fill_in(known(REDEEM_CODE), &kept)
                .with("code", code)
                .with("redirect_uri", Secret::new(self.app.playground_redirect_uri()))
                .with("code_verifier", verifier),
            _ => self.playground.fill_in(known(AUTHORIZATION_CODE), &kept),
        };
        let mut page = self.page(&Shown { result: Some(result), goes_on: true, ..Shown::form(entry, kept) });
        add_cookies(&mut page, &[self.app.no_playground_cookie()]);
        page
    }

    /// Sends the request and shows the answer.
    async fn send(&self, entry: Entry, kept: Kept) -> HttpResponse {
        let settings = self.app.service.settings();
        let assertion = match prove(&self.app.service, &entry) {
            Ok(assertion) => assertion,
            Err(why) => return self.not_proven(entry, kept, why),
        };
        let outgoing = Outgoing::of(&entry, assertion.as_ref(), settings);
        let address = self.app.client_address(self.request);
        let received = match perform(self.app, &outgoing, self.host(), address).await {
            Ok(received) => received,
            Err(why) => return self.not_performed(entry, kept, why),
        };
        let answer = self.app.read_answer(&received, &entry, &kept).await;
        let kept = kept.learning(&received);
        let result = ResultView {
            request: outgoing.text(self.host(), entry.shows_secrets),
            curl: Some(CurlView {
                line: outgoing.curl(&settings.url(&outgoing.path)),
                variables: outgoing.variables(),
                needs_encoding: outgoing.needs_encoding(),
            }),
            assertion: match &assertion {
                Some(assertion) => self.app.read_assertion(assertion, &entry.client_id).await,
                None => None,
            },
            answer,
            checks: Vec::new(),
            device_page: device_page(&received),
            next: kept.next_steps(),
        };
        self.page(&Shown { result: Some(result), ..Shown::form(entry, kept) })
    }

    /// Shows the form again, with all but the key as it was.
    fn not_proven(&self, entry: Entry, kept: Kept, why: NotProven) -> HttpResponse {
        match why {
            NotProven::Failed(failure) => self.not_sent(entry, kept, &failure),
            NotProven::Key(problem) => self.page(&Shown {
                key_problem: Some(problem),
                ..Shown::form(entry, kept).because("playground-no-signature")
            }),
            NotProven::NoClient => self.page(&Shown::form(entry, kept).because("playground-client-missing")),
        }
    }

    fn not_performed(&self, entry: Entry, kept: Kept, why: NotPerformed) -> HttpResponse {
        match why {
            NotPerformed::NoHeader => self.page(&Shown::form(entry, kept).because("playground-no-header")),
            NotPerformed::Failed => {
                let failure = Failure::Defect(CryptoFailure::new("the routes could not be asked"));
                self.not_sent(entry, kept, &failure)
            }
        }
    }

    /// Something on our side failed before anything went.
    fn not_sent(&self, entry: Entry, kept: Kept, failure: &Failure) -> HttpResponse {
        self.app.log_failure(failure, Occasion::of(self.call));
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        self.page(&Shown { status, ..Shown::form(entry, kept).because("playground-not-sent") })
    }

    /// What the Host header says.
    fn host(&self) -> &str {
        let issuer = self.app.service.settings().issuer.as_str();
        issuer.split_once("://").map_or(issuer, |(_, host)| host)
    }
}

/// Whether an answer carries what it must (RFC 6749 §10.12, RFC 9207 §2.4).
fn compare(name: &str, found: Option<&str>, expected: &str) -> CheckView {
    let holds = found.is_some_and(|found| same_bytes(found.as_bytes(), expected.as_bytes()));
    match (name, found) {
        (_, None) => check(name, false, "playground-check-missing"),
        ("iss", Some(_)) if holds => check(name, true, "playground-check-this-server"),
        ("iss", Some(found)) => filled(name, false, "playground-check-other-server", [("found", found)]),
        (_, Some(_)) if holds => check(name, true, "playground-check-as-sent"),
        (_, Some(_)) => check(name, false, "playground-check-not-as-sent"),
    }
}
