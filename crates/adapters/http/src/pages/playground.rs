//! The playground's page: decides what it is told, and with which made-up views it is tried at the start.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Pages, Reader, RenderError};

/// The playground. Each of its forms posts `try` and `kept`; the button that was pressed adds `send` or `next`.
#[derive(Clone, Default, Serialize)]
pub struct PlaygroundPage {
    /// The path that forms post to and links lead to.
    pub path: String,
    /// The message that says what is tried.
    pub title: &'static str,
    /// The message that says what that is for.
    pub about: &'static str,
    /// Everything that can be tried.
    pub actions: Vec<ActionView>,
    /// The message that says what is wrong with what the person did.
    pub alert: Option<&'static str>,
    /// What was sent and what came back.
    pub result: Option<ResultView>,
    /// What was decided and found before this step, for the next.
    pub kept: String,
    /// What to fill in.
    pub form: PlaygroundForm,
}

/// Something to try.
#[derive(Clone, Default, Serialize)]
pub struct ActionView {
    /// Its name in an address.
    pub name: String,
    /// The message that says what people call it.
    pub title: &'static str,
    /// Whether it is this page.
    pub is_current: bool,
}

/// What to fill in.
#[derive(Clone, Default, Serialize)]
pub struct PlaygroundForm {
    /// The name of what is tried.
    pub action: String,
    /// The client; none where a request names none.
    pub client: Option<ClientView>,
    /// Ids of clients that can be filled in by a button of their own, which posts `client`.
    pub known: Vec<String>,
    /// The next step that led here, which such a button repeats.
    pub next: Option<String>,
    /// The parameters.
    pub fields: Vec<FieldView>,
    /// Whether secrets may be seen.
    pub shows_secrets: bool,
    /// The redirect URI to register, where one is needed.
    pub redirect_uri: Option<String>,
    /// Whether it is shown at once; otherwise it opens at a click.
    pub is_open: bool,
}

/// The client of a request.
#[derive(Clone, Default, Serialize)]
pub struct ClientView {
    /// Its id.
    pub client_id: String,
    /// Whether its secret is kept from before.
    pub has_secret: bool,
    /// How it may prove itself.
    pub methods: Vec<MethodView>,
    /// The message that says what is wrong with the secret.
    pub secret_problem: Option<&'static str>,
    /// The message that says what is wrong with the private key.
    pub private_key_problem: Option<&'static str>,
}

/// A way for a client to prove itself.
#[derive(Clone, Default, Serialize)]
pub struct MethodView {
    /// Its registered name.
    pub name: String,
    /// The message that says what it does.
    pub help: &'static str,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// A parameter to fill in.
#[derive(Clone, Default, Serialize)]
pub struct FieldView {
    /// Its name on the wire.
    pub name: String,
    /// The message that says what people call it.
    pub label: &'static str,
    /// The message that says what it does.
    pub help: &'static str,
    /// `choice`, `line`, `secret` or `long`.
    pub kind: &'static str,
    /// What is filled in.
    pub value: String,
    /// What to choose from.
    pub choices: Vec<String>,
}

/// What was sent and what came back.
#[derive(Clone, Default, Serialize)]
pub struct ResultView {
    /// The request as it went.
    pub request: String,
    /// The same for `curl`; none for what only a browser sends.
    pub curl: Option<CurlView>,
    /// The assertion by which the client proved itself.
    pub assertion: Option<JwtView>,
    /// The answer.
    pub answer: AnswerView,
    /// What was checked of it beside its JWTs.
    pub checks: Vec<CheckView>,
    /// Where a person goes on for a device.
    pub device_page: Option<String>,
    /// What to try next.
    pub next: Vec<NextView>,
}

/// A line for `curl`.
#[derive(Clone, Default, Serialize)]
pub struct CurlView {
    /// The line.
    pub line: String,
    /// Variables of the shell that it needs.
    pub variables: Vec<&'static str>,
    /// Whether the secret must be form-encoded in its variable.
    pub needs_encoding: bool,
}

/// An answer.
#[derive(Clone, Default, Serialize)]
pub struct AnswerView {
    /// Its status; empty for an answer in an address, which has none.
    pub status: String,
    /// Whether it is a good one.
    pub is_success: bool,
    /// Its headers, or the parameters of an address.
    pub headers: Vec<HeaderView>,
    /// Its body; empty if it has none.
    pub body: String,
    /// Every JWT in it.
    pub jwts: Vec<JwtView>,
}

/// A header.
#[derive(Clone, Default, Serialize)]
pub struct HeaderView {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// A JWT, taken apart.
#[derive(Clone, Default, Serialize)]
pub struct JwtView {
    /// What it was sent as.
    pub title: String,
    /// Its header.
    pub header: String,
    /// Its claims.
    pub claims: String,
    /// Those that are points in time.
    pub times: Vec<TimeView>,
    /// What was checked.
    pub checks: Vec<CheckView>,
}

/// A claim that is a point in time.
#[derive(Clone, Default, Serialize)]
pub struct TimeView {
    /// Its name.
    pub name: String,
    /// As people read it.
    pub date: String,
}

/// Something that a client checks.
#[derive(Clone, Default, Serialize)]
pub struct CheckView {
    /// What.
    pub name: String,
    /// Whether it is as it must be.
    pub holds: bool,
    /// What was found.
    pub finding: FindingView,
}

/// What was found of something that a client checks.
#[derive(Clone, Default, Serialize)]
pub struct FindingView {
    /// The message that says it.
    pub message: &'static str,
    /// What is filled in there.
    pub arguments: BTreeMap<&'static str, String>,
}

/// Something to go on with.
#[derive(Clone, Default, Serialize)]
pub struct NextView {
    /// The value of its button.
    pub name: String,
    /// The message on it.
    pub label: &'static str,
}

impl Pages {
    /// The playground.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn playground(&self, reader: &Reader, view: &PlaygroundPage) -> Result<String, RenderError> {
        self.render(reader, "playground.html", view)
    }
}

/// A page that has everything.
pub(super) fn sample() -> PlaygroundPage {
    let text = str::to_owned;
    let finding = FindingView {
        message: "playground-check-other-server",
        arguments: BTreeMap::from([("found", text("https://other.example.test"))]),
    };
    let check = |holds| CheckView { name: text("iss"), holds, finding: finding.clone() };
    let field = |name, kind| FieldView {
        name: text(name),
        label: "playground-field-scope",
        help: "playground-field-scope-help",
        kind,
        value: text("chosen"),
        choices: vec![text("chosen"), text("other")],
    };
    let jwt = JwtView {
        title: text("id_token"),
        header: text("{}"),
        claims: text("{}"),
        times: vec![TimeView { name: text("exp"), date: text("2027-01-15 08:01:00 UTC") }],
        checks: vec![check(true), check(false)],
    };
    PlaygroundPage {
        path: text("/playground"),
        title: "playground-refresh-token",
        about: "playground-refresh-token-about",
        actions: [true, false]
            .map(|is_current| ActionView { name: text("x"), title: "playground-refresh-token", is_current })
            .into(),
        alert: Some("playground-not-sent"),
        kept: text("sealed"),
        result: Some(ResultView {
            request: text("POST /oauth/token HTTP/1.1"),
            assertion: Some(jwt.clone()),
            curl: Some(CurlView { line: text("curl"), variables: vec!["PASSWORD"], needs_encoding: true }),
            answer: AnswerView {
                status: text("200 OK"),
                is_success: true,
                headers: vec![HeaderView { name: text("cache-control"), value: text("no-store") }],
                body: text("{}"),
                jwts: vec![jwt],
            },
            checks: vec![check(true), check(false)],
            device_page: Some(text("https://sample.example.test/device?user_code=WDJB-MJHT")),
            next: vec![NextView { name: text("refresh"), label: "playground-next-refresh" }],
        }),
        form: PlaygroundForm {
            action: text("refresh_token"),
            client: Some(ClientView {
                client_id: text("web"),
                has_secret: true,
                methods: [true, false]
                    .map(|is_chosen| MethodView { name: text("none"), help: "playground-no-authentication", is_chosen })
                    .into(),
                secret_problem: Some("playground-client-secret-too-short"),
                private_key_problem: Some("playground-private-key-unreadable"),
            }),
            known: vec![text("web"), text("other")],
            next: Some(text("refresh")),
            fields: ["choice", "line", "secret", "long"].map(|kind| field(kind, kind)).into(),
            shows_secrets: true,
            redirect_uri: Some(text("https://sample.example.test/playground/callback")),
            is_open: false,
        },
    }
}

/// Renders it in every shape and forgets the result.
pub(super) fn render_samples(pages: &Pages, reader: &Reader) -> Result<(), RenderError> {
    pages.playground(reader, &sample())?;
    let bare = |result: Option<ResultView>, is_open| PlaygroundPage {
        title: "playground-refresh-token",
        about: "playground-refresh-token-about",
        result,
        form: PlaygroundForm { is_open, ..PlaygroundForm::default() },
        ..PlaygroundPage::default()
    };
    pages.playground(reader, &bare(None, true))?;
    pages.playground(reader, &bare(Some(ResultView::default()), true))?;
    pages.playground(reader, &bare(Some(ResultView::default()), false))?;
    Ok(())
}
