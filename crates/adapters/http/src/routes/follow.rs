//! Where the browser goes next: to a page of ours, or with an answer back to the client.

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::{LOCATION, REFERRER_POLICY};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Browser, Failure, Interaction, Next, Outcome, SessionCookie};
use grantor_domain::authorization::{Destination, ResponseMode};
use grantor_domain::client::Client;
use grantor_domain::error::{Reason, Refusal};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::app::App;
use crate::call::Call;
use crate::form::Form;
use crate::pages::{FormField, FormPostPage, LeavingPage, Reader};
use crate::refusal::{Occasion, never_store, status};
use crate::routes::device::DONE;
use crate::routes::shell::Loads;
use crate::routes::{CHOOSE_ACCOUNT, CONSENT, ENROL_FACTOR, MY_ACCOUNT, SECOND_FACTOR, SIGN_IN};

/// Longest query that a request is sent on with: what servers in between let pass.
const MAX_QUERY: usize = 6 * 1024;

/// Marks a form that was sent on already: a browser that keeps no cookies would get the page for ever.
const SENT_ON: &str = "sent_on";

/// Opens a page of the pending request that its address carries: `load` finds what it shows, or where the request stands instead.
pub(super) async fn open_page<V>(
    app: &App,
    call: &Call<'_>,
    request: &HttpRequest,
    load: impl AsyncFnOnce(&Interaction, Option<&Browser>, Option<&SessionCookie>) -> Outcome<Result<V, Next>>,
    page: impl FnOnce(&Interaction, &V) -> HttpResponse,
) -> HttpResponse {
    let interaction = match interaction_of_address(request) {
        Ok(interaction) => interaction,
        Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    };
    match load(&interaction, app.browser(request).as_ref(), app.session(request).as_ref()).await {
        Ok(Ok(view)) => page(&interaction, &view),
        Ok(Err(next)) => app.follow(call, &next, Vec::new()),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

/// What is pending, from the address of a page.
fn interaction_of_address(request: &HttpRequest) -> Result<Interaction, Refusal> {
    interaction(&mut Form::parse(request.query_string().as_bytes())?)
}

/// What is pending: every request to our own pages carries it.
pub(super) fn interaction(form: &mut Form) -> Result<Interaction, Refusal> {
    form.take("request").map(Interaction::new).ok_or(Refusal::because(Reason::RequestExpired, "nothing is pending"))
}

impl App {
    /// Sends the browser where the request stands now.
    pub(crate) fn follow(&self, call: &Call<'_>, next: &Next, cookies: Vec<Cookie<'static>>) -> HttpResponse {
        match next {
            Next::Account => see_other(MY_ACCOUNT, cookies),
            Next::ChooseAccount(interaction) => see_other(&page_with(CHOOSE_ACCOUNT, interaction), cookies),
            Next::EnrolFactor(interaction) => see_other(&page_with(ENROL_FACTOR, interaction), cookies),
            Next::SecondFactor(interaction) => see_other(&page_with(SECOND_FACTOR, interaction), cookies),
            Next::SignIn(interaction) => see_other(&page_with(SIGN_IN, interaction), cookies),
            Next::Consent(interaction) => see_other(&page_with(CONSENT, interaction), cookies),
            Next::DeviceDecided { allowed } => {
                see_other(&format!("{DONE}?{}", if *allowed { "allowed" } else { "denied" }), cookies)
            }
            Next::Code { destination, code } => self.answer(call, destination, &[("code", code.expose())], cookies),
            Next::Refusal { client_id, destination, refusal } => {
                let failure = Failure::from(refusal.clone());
                self.log_failure(&failure, Occasion { call, client_id: Some(client_id.as_str()) });
                let (error, description) = (refusal.reason.wire().code.as_str(), failure.description());
                self.answer(call, destination, &[("error", error), ("error_description", &description)], cookies)
            }
            Next::Leave { client, destination, refusal } => {
                let failure = Failure::from(refusal.clone());
                let reference = self.log_failure(&failure, Occasion { call, client_id: Some(client.id.as_str()) });
                self.show_leaving(call, (client, destination), (refusal, &reference), &cookies)
            }
        }
    }

    /// Brings the answer, `state` and `iss` (RFC 6749 §4.1.2, RFC 9207 §2) to the redirect URI.
    fn answer(
        &self,
        call: &Call<'_>,
        destination: &Destination,
        members: &[(&str, &str)],
        cookies: Vec<Cookie<'static>>,
    ) -> HttpResponse {
        let members = self.members(destination, members);
        match address_of(destination, &members) {
            Some(address) => see_other(&address, cookies),
            None => self.form_post(call, destination.redirect_uri.as_str(), &members, &cookies),
        }
    }

    /// These members, with those that every answer has.
    fn members<'a>(&'a self, destination: &'a Destination, members: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let state = destination.state.as_deref().map(|state| ("state", state));
        let issuer = ("iss", self.service.settings().issuer.as_str());
        members.iter().copied().chain(state).chain([issuer]).collect()
    }

    /// A page that says no in the client's place, and lets the person bring it there if they want to (RFC 9700 §4.11.2).
    fn show_leaving(
        &self,
        call: &Call<'_>,
        (client, destination): (&Client, &Destination),
        (refusal, reference): (&Refusal, &str),
        cookies: &[Cookie<'static>],
    ) -> HttpResponse {
        let (reader, description) = (self.reader(call), refusal.description());
        let error = refusal.reason.wire().code.as_str();
        let members = self.members(destination, &[("error", error), ("error_description", &description)]);
        let continue_to = address_of(destination, &members);
        let uri = destination.redirect_uri.as_str();
        let posted = if continue_to.is_none() { members.as_slice() } else { &[] };
        let view = LeavingPage {
            client_name: &client.name,
            message: self.pages.explain(reader.language, (refusal.reason, refusal.parameter), &description),
            code: error,
            reference,
            redirect_host: &redirect_host(uri),
            continue_to: continue_to.as_deref(),
            action: uri,
            fields: posted.iter().map(|(name, value)| FormField { name, value }).collect(),
        };
        let mut page = self.page(status(refusal.reason), self.pages.leaving(&reader, &view));
        add_cookies(&mut page, cookies);
        page
    }

    /// A page that posts the answer (OAuth 2.0 Form Post Response Mode §2).
    fn form_post(
        &self,
        call: &Call<'_>,
        uri: &str,
        members: &[(&str, &str)],
        cookies: &[Cookie<'static>],
    ) -> HttpResponse {
        self.post_on(call, (uri, uri), members, cookies)
    }

    /// Sends a form on to the address that it was posted to: by a redirect, or by a page that posts it where an address
    /// cannot hold it. A form that another site posts comes without our cookies (`SameSite=Lax`); from here they come
    /// along, so that the person is still signed in and no pending request of this browser is orphaned. None if our
    /// cookies came, or the form was sent on already, or it is none.
    pub(crate) fn send_on(&self, call: &Call<'_>, request: &HttpRequest, body: &[u8]) -> Option<HttpResponse> {
        let address = as_address(request.path(), body);
        if self.browser(request).is_some() {
            address.into_iter().for_each(|address| call.is_found_at(address));
            return None;
        }
        if let Some(address) = address {
            return Some(see_other(&address, Vec::new()));
        }
        let form = Form::parse(body).ok()?;
        if form.pairs().any(|(name, _)| name == SENT_ON) {
            return None;
        }
        let members: Vec<_> = form.pairs().chain([(SENT_ON, "1")]).collect();
        let shown = self.service.settings().issuer.as_str();
        Some(self.post_on(call, (request.path(), shown), &members, &[]))
    }

    /// A page that posts these fields to `uri`, and tells the person the host of `shown`.
    fn post_on(
        &self,
        call: &Call<'_>,
        (uri, shown): (&str, &str),
        members: &[(&str, &str)],
        cookies: &[Cookie<'static>],
    ) -> HttpResponse {
        // What it posts counts once: it cannot be had again in another language.
        let reader = Reader { return_to: None, ..self.reader(call) };
        let host = redirect_host(shown);
        let fields = members.iter().map(|(name, value)| FormField { name, value }).collect();
        let view = FormPostPage { action: uri, redirect_host: &host, fields };
        let loads = Loads { script: true, ..Loads::default() };
        let mut page = self.page_that(loads, StatusCode::OK, self.pages.form_post(&reader, &view));
        add_cookies(&mut page, cookies);
        page
    }
}

/// The redirect URI with an answer in it; none if the answer is posted.
fn address_of(destination: &Destination, members: &[(&str, &str)]) -> Option<String> {
    let uri = destination.redirect_uri.as_str();
    let encoded = Serializer::new(String::new()).extend_pairs(members).finish();
    match destination.response_mode {
        ResponseMode::FormPost => None,
        // A registered URI has no fragment.
        ResponseMode::Fragment => Some(format!("{uri}#{encoded}")),
        ResponseMode::Query => Some(with_query(uri, &encoded)),
    }
}

/// The address of a page of ours about a pending request.
pub(crate) fn page_with(path: &str, interaction: &Interaction) -> String {
    format!("{path}?request={}", interaction.as_str())
}

/// A URI, which may have a query already, with this one added.
pub(crate) fn with_query(uri: &str, query: &str) -> String {
    let joint = match uri {
        _ if query.is_empty() || uri.ends_with(['?', '&']) => "",
        uri if uri.contains('?') => "&",
        _ => "?",
    };
    format!("{uri}{joint}{query}")
}

/// Sets cookies with a page.
pub(crate) fn add_cookies(page: &mut HttpResponse, cookies: &[Cookie<'static>]) {
    for cookie in cookies {
        if let Err(error) = page.add_cookie(cookie) {
            // Ours are hexadecimal digits; without them the person signs in once more.
            tracing::error!(%error, "a cookie cannot be set");
        }
    }
}

/// 303, so that no form is ever posted on (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str, cookies: Vec<Cookie<'static>>) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    never_store(&mut response);
    response.insert_header((LOCATION, location)).insert_header((REFERRER_POLICY, "no-referrer"));
    for cookie in cookies {
        response.cookie(cookie);
    }
    response.finish()
}

/// The same request as a GET. None if it is too long for an address, or holds what an address cannot: a `#` would cut off
/// all that follows.
fn as_address(path: &str, form: &[u8]) -> Option<String> {
    let query = std::str::from_utf8(form).ok().filter(|query| query.len() <= MAX_QUERY)?;
    query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#').then(|| format!("{path}?{query}"))
}

/// What people recognise of a redirect URI: its host, or the scheme of an app.
pub(crate) fn redirect_host(uri: &str) -> String {
    let url = Url::parse(uri).ok();
    let host = url.as_ref().and_then(|url| url.host_str()).map(str::to_owned);
    host.or_else(|| url.map(|url| url.scheme().to_owned())).unwrap_or_default()
}
