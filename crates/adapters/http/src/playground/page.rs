//! The page of a step: what it lists, what stands in its form, and what is sealed into it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use grantor_application::{Browser, PlaygroundStep};
use grantor_domain::secret::Secret;

use super::actions::{self, Action, Field, FieldKind, Target};
use super::demo::DemoClient;
use super::entry::{Authentication, Entry};
use super::kept::Kept;
use super::proof::KeyProblem;
use super::{CALLBACK_PATH, PATH, Playground};
use crate::app::App;
use crate::pages::{ActionView, ClientView, FieldView, MethodView, PlaygroundForm, PlaygroundPage, Reader, ResultView};

/// What a step shows.
pub(crate) struct Shown {
    pub(crate) status: StatusCode,
    /// What stands in the form.
    pub(crate) entry: Entry,
    pub(crate) kept: Kept,
    /// The message that says what is wrong.
    pub(crate) alert: Option<&'static str>,
    /// What is wrong with what was to sign.
    pub(crate) key_problem: Option<KeyProblem>,
    pub(crate) result: Option<ResultView>,
    /// Whether the form is what comes next, although there is a result.
    pub(crate) goes_on: bool,
    /// The next step that filled in the form.
    pub(crate) next: Option<String>,
}

impl Shown {
    /// A form that nobody has sent yet.
    pub(crate) fn form(entry: Entry, kept: Kept) -> Self {
        Self {
            status: StatusCode::OK,
            entry,
            kept,
            alert: None,
            key_problem: None,
            result: None,
            goes_on: false,
            next: None,
        }
    }

    /// The same with a message that says what is wrong.
    pub(crate) fn because(self, alert: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, alert: Some(alert), ..self }
    }
}

impl Playground {
    /// Clients that are of use for this.
    fn suiting(&self, action: &Action) -> impl Iterator<Item = &DemoClient> {
        self.clients.iter().filter(|client| client.suits(action))
    }

    /// A form for whoever begins, with this client of the demo set, or else the first that suits.
    pub(crate) fn begin(&self, action: &'static Action, client_id: Option<&str>) -> (Entry, Kept) {
        let named = self.suiting(action).find(|client| Some(client.client_id.as_str()) == client_id);
        let kept = named.or_else(|| self.suiting(action).next()).map(DemoClient::to_kept).unwrap_or_default();
        (self.fill_in(action, &kept), kept)
    }

    /// A form for whoever goes on.
    pub(crate) fn fill_in(&self, action: &'static Action, kept: &Kept) -> Entry {
        let client = self.clients.iter().find(|client| client.client_id == kept.client_id);
        Entry::blank(action, kept, (client, self.user.as_ref()))
    }

    /// What is kept once this client of the demo set is chosen: what was obtained stays.
    pub(crate) fn choose(&self, client_id: &str, kept: &Kept) -> Option<Kept> {
        let client = self.clients.iter().find(|client| client.client_id == client_id)?.to_kept();
        let (client_id, client_secret, authentication) =
            (client.client_id, client.client_secret, client.authentication);
        Some(Kept { client_id, client_secret, authentication, ..kept.clone() })
    }

    fn form_view(&self, Shown { entry, kept, key_problem, .. }: &Shown, redirect_uri: String) -> PlaygroundForm {
        let is_authorization = entry.action.target == Target::Authorization;
        PlaygroundForm {
            action: entry.action.name.to_owned(),
            client: entry.action.has_client().then(|| client_view(entry, kept, *key_problem)),
            known: self.suiting(entry.action).map(|client| client.client_id.clone()).collect(),
            next: None,
            fields: entry.action.fields.iter().map(|field| self.field_view(field, entry)).collect(),
            shows_secrets: entry.shows_secrets,
            redirect_uri: is_authorization.then_some(redirect_uri),
            is_open: true,
        }
    }

    fn field_view(&self, field: &Field, entry: &Entry) -> FieldView {
        let (kind, choices) = match field.kind {
            FieldKind::Choice(choices) => ("choice", choices),
            FieldKind::List | FieldKind::Text => ("line", [].as_slice()),
            FieldKind::Secret(_) => ("secret", [].as_slice()),
            FieldKind::Token => ("long", [].as_slice()),
        };
        let value = entry.value(field.name).filter(|value| kind != "secret" || self.is_public(value));
        FieldView {
            name: field.name.to_owned(),
            label: field.label,
            help: field.help,
            kind,
            value: value.map(|value| value.expose().to_owned()).unwrap_or_default(),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
        }
    }

    /// Whether a password is that of the demo set, which everybody knows. No other stands in a page.
    fn is_public(&self, value: &Secret) -> bool {
        self.user.as_ref().is_some_and(|user| user.password.expose() == value.expose())
    }
}

fn client_view(entry: &Entry, kept: &Kept, key_problem: Option<KeyProblem>) -> ClientView {
    // Whoever looks into tokens must say who they are (RFC 7662 §2.1).
    let must_prove = entry.action.target == Target::Introspection;
    let offered = |method: &Authentication| !must_prove || *method != Authentication::None;
    let chosen = Some(entry.authentication).filter(offered).unwrap_or_default();
    let methods = Authentication::ALL.into_iter().filter(offered).map(|method| MethodView {
        name: method.as_str().to_owned(),
        help: method.help(),
        is_chosen: method == chosen,
    });
    ClientView {
        client_id: entry.client_id.clone(),
        has_secret: kept.client_secret.is_some() && kept.client_id == entry.client_id,
        methods: methods.collect(),
        secret_problem: match key_problem {
            Some(KeyProblem::Secret(problem)) => Some(problem),
            _ => None,
        },
        private_key_problem: match key_problem {
            Some(KeyProblem::PrivateKey(problem)) => Some(problem),
            _ => None,
        },
    }
}

impl App {
    /// The page of a step, for this browser and its reader.
    pub(crate) fn playground_page(
        &self,
        playground: &Playground,
        shown: &Shown,
        (browser, reader): (&Browser, &Reader),
    ) -> HttpResponse {
        let Shown { entry, kept, .. } = shown;
        let kept_text = match kept.seal(&self.service, browser) {
            Ok(step) => step,
            // A form without it is refused when it comes back, which is told there.
            Err(failure) => {
                self.service.log_failure(&failure, "playground", None);
                PlaygroundStep::new("")
            }
        };
        let mut form = playground.form_view(shown, self.playground_redirect_uri());
        form.is_open = shown.result.is_none() || shown.goes_on;
        form.next = shown.next.clone();
        if shown.result.is_some() {
            // Another client has nothing to do with this result.
            form.known.clear();
        }
        let listed = actions::ALL.iter().map(|action| ActionView {
            name: action.name.to_owned(),
            title: action.title,
            is_current: action.name == entry.action.name,
        });
        let view = PlaygroundPage {
            path: PATH.to_owned(),
            title: entry.action.title,
            about: entry.action.about,
            actions: listed.collect(),
            alert: shown.alert,
            result: shown.result.clone(),
            kept: kept_text.as_str().to_owned(),
            form,
        };
        self.page(shown.status, self.pages.playground(reader, &view))
    }

    /// The redirect URI of the playground.
    pub(crate) fn playground_redirect_uri(&self) -> String {
        self.service.settings().url(CALLBACK_PATH)
    }
}
