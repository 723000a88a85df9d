//! What a person sees: the sign-in, consent and error pages.
//!
//! Decides how a page is made from a view and a template, and nothing else: which page is shown, and
//! what its form does, is decided elsewhere. The templates are embedded; a deployment may replace any
//! of them, and the stylesheet, by a file of the same name in a directory of its own. Whatever the
//! template, every value is escaped for HTML, a name the view does not have is an error instead of
//! an empty string, and links can only be `http` or `https`. Every page is rendered once
//! when the server starts, so that a broken template stops the start and not a person's sign-in.
//!
//! The pages hold no state and need no script, and nothing is loaded from elsewhere: they work under
//! `default-src 'none'; style-src 'self'; img-src 'self' data:` plus a `form-action` that covers the
//! two forms and the redirect that answers them.

mod escape;
mod sample;
mod scope;
mod source;
mod stylesheet;
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

pub use scope::describe as describe_scope;
pub use source::PagesError;
pub use stylesheet::{STYLESHEET, STYLESHEET_PATH};
pub use view::{ConsentPage, ErrorPage, LoginFailure, LoginPage, ScopeView};

use source::Sources;

/// The pages and their stylesheet, ready to render. Made once at start; shared behind an `Arc`.
pub struct Pages {
    environment: Environment<'static>,
    stylesheet: Cow<'static, str>,
    stylesheet_href: String,
}

/// What a template sees: the view as `page`, and the address of the stylesheet.
#[derive(Serialize)]
struct Context<'a, View> {
    page: &'a View,
    stylesheet_href: &'a str,
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
    /// `layout.html`, `login.html`, `consent.html`, `error.html`, `grantor.css`. The directory is
    /// read once, here.
    ///
    /// # Errors
    ///
    /// The directory or a file cannot be read, a page or stylesheet in it has a name that replaces
    /// nothing (a slip that would otherwise go unnoticed), or a template does not parse or render.
    pub fn with_overrides(directory: &Path) -> Result<Self, PagesError> {
        Self::from_sources(Sources::with_overrides(directory)?)
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
            stylesheet_href: stylesheet::href(&sources.stylesheet),
            stylesheet: sources.stylesheet,
        };
        sample::render_all(&pages).map_err(|RenderError { name, source }| PagesError::Template { name, source })?;
        Ok(pages)
    }

    fn render(&self, name: &'static str, view: &impl Serialize) -> Result<String, RenderError> {
        let context = Context { page: view, stylesheet_href: &self.stylesheet_href };
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
