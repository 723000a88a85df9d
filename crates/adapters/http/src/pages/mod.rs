//! What a person sees: the pages for signing in and out, for consent and about errors, and the one that posts an answer to a
//! client.
//!
//! Decides how a page is made from a view and a template, and nothing else: which page is shown, and
//! what its form does, is decided elsewhere. The templates are embedded; a deployment may replace any
//! of them, and the stylesheet, by a file of the same name in a directory of its own. Whatever the
//! template, every value is escaped for HTML, a name the view does not have is an error instead of
//! an empty string, and links can only be `http` or `https`. Every page is rendered once
//! when the server starts, so that a broken template stops the start and not a person's sign-in.
//!
//! The pages hold no state and need no script, and nothing is loaded from elsewhere but a client's logo: they work under
//! `default-src 'none'; style-src 'self'; img-src 'self' data:` and the logo's origin. The one that posts an answer has a
//! script that presses its button, and those that take passkeys one that asks the browser for them.

mod assets;
mod branding;
mod escape;
mod factor_view;
mod functions;
mod messages;
mod my_account_view;
mod playground;
mod qr_code;
mod reason;
mod sample;
mod scope;
mod source;
#[cfg(test)]
mod tests;
mod view;

use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use grantor_domain::error::Reason;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

pub(crate) use assets::{PASSKEY_SCRIPT, PASSKEY_SCRIPT_PATH, SCRIPT, SCRIPT_PATH};
pub use assets::{STYLESHEET, STYLESHEET_PATH};
pub(crate) use branding::LOGO_PATH;
pub use branding::{Accent, Branding, BrandingError, Color, Logo, Scheme};
pub use factor_view::{EnrolmentPage, FactorFailure, PasskeyFormView, RecoveryCodesPage, SecondFactorPage, in_groups};
pub use messages::Language;
pub(crate) use messages::accepted;
pub use my_account_view::{
    AccountFailure, ApplicationView, ClaimView, FactView, GrantView, MyAccountPage, OwnPasskeyView, SessionView,
};
pub use playground::{
    ActionView, AnswerView, CheckView, ClientView, CurlView, FieldView, FindingView, HeaderView, JwtView, MethodView,
    NextView, PlaygroundForm, PlaygroundPage, ResultView, TimeView,
};
pub use qr_code::QrCode;
pub(crate) use reason::{NOT_FOUND, page_title, reason_key};
pub use source::PagesError;
pub use view::{
    AccountPage, ClientLinks, ConsentPage, DeviceDonePage, DevicePage, ErrorPage, FormField, FormPostPage, LeavingPage,
    LoginFailure, LoginPage, LogoutPage, ScopeView, SignedOutPage, Wait, Words,
};

use messages::Messages;
use source::Sources;

/// The path that the form posts to which switches to another language.
pub(crate) const LANGUAGE_PATH: &str = "/language";

/// The pages and their stylesheet, ready to render. Made once at start; shared behind an `Arc`.
pub struct Pages {
    environment: Environment<'static>,
    messages: Arc<Messages>,
    branding: Branding,
    logo_href: Option<String>,
    stylesheet: Cow<'static, str>,
    stylesheet_href: String,
    script_href: String,
    passkey_script_href: String,
}

/// Who reads a page.
#[derive(Clone, Debug)]
pub struct Reader {
    /// In which language.
    pub language: Language,
    /// The address, a path of ours, at which they can have the page in another; none if it cannot be had again.
    pub return_to: Option<String>,
}

/// What a template sees: the view as `page`, `t` and `text` to say something, which language that is in, how to get another, whose
/// the page is, and the addresses of stylesheet and script.
#[derive(Serialize)]
struct Context<'a, View> {
    page: &'a View,
    t: Value,
    text: Value,
    language: LanguageView<'a>,
    /// The others.
    languages: &'a [LanguageView<'a>],
    language_action: &'static str,
    return_to: Option<&'a str>,
    brand: BrandView<'a>,
    stylesheet_href: &'a str,
    script_href: &'a str,
    passkey_script_href: &'a str,
}

/// Whose the pages are, as a template sees it.
#[derive(Serialize)]
struct BrandView<'a> {
    name: &'a str,
    logo_href: Option<&'a str>,
    logo_type: Option<&'static str>,
}

/// A language, as a template sees it.
#[derive(Serialize)]
struct LanguageView<'a> {
    tag: &'a str,
    /// What it is called in itself.
    name: String,
}

impl Pages {
    /// The pages as they come with the server.
    ///
    /// # Errors
    ///
    /// [`PagesError::Template`] if an embedded template is broken, which the tests rule out.
    pub fn embedded() -> Result<Self, PagesError> {
        Self::load(None, Branding::default())
    }

    /// The pages with those replaced for which `directory` holds a file of the same name:
    /// `account.html`, `client_links.html`, `consent.html`, `device.html`, `device_done.html`, `enrolment.html`, `error.html`,
    /// `form_post.html`, `grantor.css`, `layout.html`, `leaving.html`, `login.html`, `logout.html`, `my_account.html`,
    /// `passkey.html`, `playground.html`, `playground_checks.html`, `playground_form.html`, `playground_jwt.html`,
    /// `playground_result.html`, `qr_code.html`, `recovery_codes.html`, `second_factor.html`, `self_registered.html`,
    /// `signed_out.html`. A file `messages/XX.ftl` replaces single messages of the language XX, or brings a language, which is
    /// English where it says nothing. The directory is read once, here.
    ///
    /// # Errors
    ///
    /// The directory or a file cannot be read, a page or stylesheet in it has a name that replaces
    /// nothing (a slip that would otherwise go unnoticed), a message likewise, or a template or message does not parse or render.
    pub fn with_overrides(directory: &Path) -> Result<Self, PagesError> {
        Self::load(Some(directory), Branding::default())
    }

    /// The pages of an operator: with what `directory` replaces, as [`Self::with_overrides`] says, and their own name, logo and
    /// colours.
    ///
    /// # Errors
    ///
    /// Those of [`Self::with_overrides`].
    pub fn load(directory: Option<&Path>, branding: Branding) -> Result<Self, PagesError> {
        let mut sources = directory.map_or_else(|| Ok(Sources::embedded()), Sources::with_overrides)?;
        sources.stylesheet.to_mut().push_str(&branding.styles());
        Self::from_sources(sources, branding)
    }

    /// The account chooser.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn account(&self, reader: &Reader, view: &AccountPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "account.html", view)
    }

    /// The sign-in page.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn login(&self, reader: &Reader, view: &LoginPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "login.html", view)
    }

    /// The consent page.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn consent(&self, reader: &Reader, view: &ConsentPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "consent.html", view)
    }

    /// The page that asks for a second factor.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn second_factor(&self, reader: &Reader, view: &SecondFactorPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "second_factor.html", view)
    }

    /// The page on which a second factor is set up.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn enrolment(&self, reader: &Reader, view: &EnrolmentPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "enrolment.html", view)
    }

    /// The page that shows recovery codes.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn recovery_codes(&self, reader: &Reader, view: &RecoveryCodesPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "recovery_codes.html", view)
    }

    /// My account.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn my_account(&self, reader: &Reader, view: &MyAccountPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "my_account.html", view)
    }

    /// The error page, for what must not be sent back to a redirect URI (RFC 6749 §4.1.2.1).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn error(&self, reader: &Reader, view: &ErrorPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "error.html", view)
    }

    /// The page for user codes (RFC 8628 §3.3).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn device(&self, reader: &Reader, view: &DevicePage<'_>) -> Result<String, RenderError> {
        self.render(reader, "device.html", view)
    }

    /// The page after the decision about a device.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn device_done(&self, reader: &Reader, view: &DeviceDonePage) -> Result<String, RenderError> {
        self.render(reader, "device_done.html", view)
    }

    /// The page that says no in the place of a client that nobody vouches for (RFC 9700 §4.11.2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn leaving(&self, reader: &Reader, view: &LeavingPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "leaving.html", view)
    }

    /// The page that asks whether to sign out (OpenID Connect RP-Initiated Logout §2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn logout(&self, reader: &Reader, view: &LogoutPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "logout.html", view)
    }

    /// The page that says goodbye.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn signed_out(&self, reader: &Reader, view: &SignedOutPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "signed_out.html", view)
    }

    /// The page that posts an answer to a client (OAuth 2.0 Form Post Response Mode §2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn form_post(&self, reader: &Reader, view: &FormPostPage<'_>) -> Result<String, RenderError> {
        self.render(reader, "form_post.html", view)
    }

    /// The stylesheet to serve at [`STYLESHEET_PATH`]: the deployment's own, else [`STYLESHEET`].
    #[must_use]
    pub fn stylesheet(&self) -> &str {
        &self.stylesheet
    }

    /// The address the pages name: [`STYLESHEET_PATH`] with a fingerprint of the content as `?v=`,
    /// so that a response to it may be cached for ever.
    #[must_use]
    pub fn stylesheet_href(&self) -> &str {
        &self.stylesheet_href
    }

    /// The operator's logo, to serve at [`LOGO_PATH`].
    pub(crate) const fn logo(&self) -> Option<&Logo> {
        self.branding.logo()
    }

    /// Every language there is, English first.
    pub(crate) fn languages(&self) -> impl Iterator<Item = Language> {
        self.messages.languages()
    }

    /// The tag of a language (BCP 47).
    #[must_use]
    pub(crate) fn tag(&self, language: Language) -> &str {
        self.messages.tag(language)
    }

    /// The language of the first of these tags that there is one for.
    pub(crate) fn negotiate<'a>(&self, wanted: impl Iterator<Item = &'a str>) -> Option<Language> {
        self.messages.negotiate(wanted)
    }

    /// What a person is told about a reason and the parameter that it is about: the language's message, or else `english`.
    pub(crate) fn explain<'a>(
        &self,
        language: Language,
        (reason, parameter): (Reason, Option<&str>),
        english: &'a str,
    ) -> Words<'a> {
        match self.message(language, &reason_key(reason)) {
            Some(text) => {
                let parameter = parameter.map(|parameter| format!(" ({parameter})")).unwrap_or_default();
                Words { text: Cow::Owned(text + &parameter), language: None }
            }
            None => self.english(language, english),
        }
    }

    /// English words on a page in this language.
    pub(crate) fn english<'a>(&self, language: Language, text: &'a str) -> Words<'a> {
        Words { text: Cow::Borrowed(text), language: (language != Language::ENGLISH).then_some("en") }
    }

    /// A message as words of a page.
    pub(crate) fn say(&self, language: Language, key: &str) -> Words<'static> {
        let own = self.message(language, key).map(|text| (text, None));
        let english = || (self.message(Language::ENGLISH, key).unwrap_or_default(), Some("en"));
        let (text, language) = own.unwrap_or_else(english);
        Words { text: Cow::Owned(text), language }
    }

    /// A message of the language itself that has nothing to fill in.
    fn message(&self, language: Language, key: &str) -> Option<String> {
        let fill = || self.messages.fill(language, key, &[], |out, text| out.push_str(text)).ok();
        self.messages.has(language, key).then(fill).flatten()
    }

    fn from_sources(sources: Sources, branding: Branding) -> Result<Self, PagesError> {
        let mut environment = strict_environment();
        for (name, template) in sources.templates {
            environment.add_template_owned(name, template).map_err(|source| PagesError::Template { name, source })?;
        }
        let pages = Self {
            environment,
            messages: Arc::new(Messages::load(&sources.messages).map_err(PagesError::Messages)?),
            stylesheet_href: assets::href(STYLESHEET_PATH, sources.stylesheet.as_bytes()),
            script_href: assets::href(SCRIPT_PATH, SCRIPT.as_bytes()),
            passkey_script_href: assets::href(PASSKEY_SCRIPT_PATH, PASSKEY_SCRIPT.as_bytes()),
            stylesheet: sources.stylesheet,
            logo_href: branding.logo().map(Logo::href),
            branding,
        };
        sample::render_all(&pages).map_err(|RenderError { name, source }| PagesError::Template { name, source })?;
        Ok(pages)
    }

    fn render(&self, reader: &Reader, name: &'static str, view: &impl Serialize) -> Result<String, RenderError> {
        let view_of = |language| LanguageView {
            tag: self.tag(language),
            name: self.message(language, messages::NAME).unwrap_or_default(),
        };
        let others: Vec<_> = self.languages().filter(|other| *other != reader.language).map(view_of).collect();
        let context = Context {
            page: view,
            t: functions::html(Arc::clone(&self.messages), reader.language),
            text: functions::plain(Arc::clone(&self.messages), reader.language),
            language: view_of(reader.language),
            languages: &others,
            language_action: LANGUAGE_PATH,
            return_to: reader.return_to.as_deref(),
            brand: BrandView {
                name: self.branding.name(),
                logo_href: self.logo_href.as_deref(),
                logo_type: self.branding.logo().map(Logo::media_type),
            },
            stylesheet_href: &self.stylesheet_href,
            script_href: &self.script_href,
            passkey_script_href: &self.passkey_script_href,
        };
        self.environment
            .get_template(name)
            .and_then(|template| template.render(Serde(&context)))
            .map_err(|source| RenderError { name, source })
    }
}

/// An engine that escapes every value and knows no way to be told otherwise: neither by the name of
/// a template, nor by the `safe` filter, nor by an `autoescape` block.
fn strict_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.remove_filter("safe");
    environment.set_formatter(escape::format_html);
    functions::add_to(&mut environment);
    environment
}

/// A page could not be rendered. The text names the template and the line, never a value.
#[derive(Debug)]
pub struct RenderError {
    name: &'static str,
    source: minijinja::Error,
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page {} could not be rendered", self.name)
    }
}

impl Error for RenderError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}
