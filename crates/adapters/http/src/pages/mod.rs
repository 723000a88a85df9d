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
//! script that presses its button.

mod assets;
mod escape;
mod playground;
mod qr_code;
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

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

pub(crate) use assets::{SCRIPT, SCRIPT_PATH};
pub use assets::{STYLESHEET, STYLESHEET_PATH};
pub use playground::{
    ActionView, AnswerView, CheckView, ClientView, CurlView, FieldView, HeaderView, JwtView, MethodView, NextView,
    PlaygroundForm, PlaygroundPage, ResultView, TimeView,
};
pub use qr_code::QrCode;
pub use scope::describe as describe_scope;
pub use source::PagesError;
pub use view::{
    AccountPage, ClientLinks, ConsentPage, DeviceDonePage, DevicePage, ErrorPage, FormField, FormPostPage, LeavingPage,
    LoginFailure, LoginPage, LogoutPage, ScopeView, SignedOutPage, Wait,
};

use source::Sources;

/// The pages and their stylesheet, ready to render. Made once at start; shared behind an `Arc`.
pub struct Pages {
    environment: Environment<'static>,
    stylesheet: Cow<'static, str>,
    stylesheet_href: String,
    script_href: String,
}

/// What a template sees: the view as `page`, and the addresses of stylesheet and script.
#[derive(Serialize)]
struct Context<'a, View> {
    page: &'a View,
    stylesheet_href: &'a str,
    script_href: &'a str,
}

impl Pages {
    /// The pages as they come with the server.
    ///
    /// # Errors
    ///
    /// [`PagesError::Template`] if an embedded template is broken, which the tests rule out.
    pub fn embedded() -> Result<Self, PagesError> {
        Self::from_sources(Sources::embedded())
    }

    /// The pages with those replaced for which `directory` holds a file of the same name:
    /// `account.html`, `client_links.html`, `consent.html`, `device.html`, `device_done.html`, `error.html`,
    /// `form_post.html`, `grantor.css`, `layout.html`, `leaving.html`, `login.html`, `logout.html`,
    /// `playground.html`, `playground_checks.html`, `playground_form.html`, `playground_result.html`, `self_registered.html`,
    /// `signed_out.html`. The directory is read once, here.
    ///
    /// # Errors
    ///
    /// The directory or a file cannot be read, a page or stylesheet in it has a name that replaces
    /// nothing (a slip that would otherwise go unnoticed), or a template does not parse or render.
    pub fn with_overrides(directory: &Path) -> Result<Self, PagesError> {
        Self::from_sources(Sources::with_overrides(directory)?)
    }

    /// The account chooser.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn account(&self, view: &AccountPage<'_>) -> Result<String, RenderError> {
        self.render("account.html", view)
    }

    /// The sign-in page.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn login(&self, view: &LoginPage<'_>) -> Result<String, RenderError> {
        self.render("login.html", view)
    }

    /// The consent page.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn consent(&self, view: &ConsentPage<'_>) -> Result<String, RenderError> {
        self.render("consent.html", view)
    }

    /// The error page, for what must not be sent back to a redirect URI (RFC 6749 §4.1.2.1).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn error(&self, view: &ErrorPage<'_>) -> Result<String, RenderError> {
        self.render("error.html", view)
    }

    /// The page for user codes (RFC 8628 §3.3).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn device(&self, view: &DevicePage<'_>) -> Result<String, RenderError> {
        self.render("device.html", view)
    }

    /// The page after the decision about a device.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn device_done(&self, view: &DeviceDonePage) -> Result<String, RenderError> {
        self.render("device_done.html", view)
    }

    /// The page that says no in the place of a client that nobody vouches for (RFC 9700 §4.11.2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn leaving(&self, view: &LeavingPage<'_>) -> Result<String, RenderError> {
        self.render("leaving.html", view)
    }

    /// The page that asks whether to sign out (OpenID Connect RP-Initiated Logout §2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn logout(&self, view: &LogoutPage<'_>) -> Result<String, RenderError> {
        self.render("logout.html", view)
    }

    /// The page that says goodbye.
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn signed_out(&self, view: &SignedOutPage<'_>) -> Result<String, RenderError> {
        self.render("signed_out.html", view)
    }

    /// The page that posts an answer to a client (OAuth 2.0 Form Post Response Mode §2).
    ///
    /// # Errors
    ///
    /// [`RenderError`] if the template fails on this view.
    pub fn form_post(&self, view: &FormPostPage<'_>) -> Result<String, RenderError> {
        self.render("form_post.html", view)
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

    fn from_sources(sources: Sources) -> Result<Self, PagesError> {
        let mut environment = strict_environment();
        for (name, template) in sources.templates {
            environment.add_template_owned(name, template).map_err(|source| PagesError::Template { name, source })?;
        }
        let pages = Self {
            environment,
            stylesheet_href: assets::href(STYLESHEET_PATH, &sources.stylesheet),
            script_href: assets::href(SCRIPT_PATH, SCRIPT),
            stylesheet: sources.stylesheet,
        };
        sample::render_all(&pages).map_err(|RenderError { name, source }| PagesError::Template { name, source })?;
        Ok(pages)
    }

    fn render(&self, name: &'static str, view: &impl Serialize) -> Result<String, RenderError> {
        let context = Context { page: view, stylesheet_href: &self.stylesheet_href, script_href: &self.script_href };
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
