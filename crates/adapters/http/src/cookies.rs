//! Our cookies: one tells browsers apart, one is a signed-in session, one says who signed in here before, one is the language that
//! somebody chose, and one holds what the playground must know when its answer comes.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use grantor_application::{Browser, KnownBrowserCookie, PlaygroundStep, SessionCookie};

use crate::app::App;

/// Names of a cookie over TLS and without. The prefix makes the browser insist on `Secure`, on this very host and on
/// the whole of it (RFC 6265bis §4.1.3.2).
struct Name {
    secure: &'static str,
    plain: &'static str,
}

const BROWSER: Name = Name { secure: "__Host-grantor-browser", plain: "grantor-browser" };
const KNOWN: Name = Name { secure: "__Host-grantor-known", plain: "grantor-known" };
const LANGUAGE: Name = Name { secure: "__Host-grantor-language", plain: "grantor-language" };
const PLAYGROUND: Name = Name { secure: "__Host-grantor-playground", plain: "grantor-playground" };
const SESSION: Name = Name { secure: "__Host-grantor-session", plain: "grantor-session" };

/// How long the playground waits for an answer.
const PLAYGROUND_WAITS: Duration = Duration::minutes(15);

/// How long a browser is known after a sign-in.
const KNOWN_FOR: Duration = Duration::days(180);

impl App {
    pub(crate) fn browser(&self, request: &HttpRequest) -> Option<Browser> {
        self.read(request, &BROWSER).map(Browser::new)
    }

    pub(crate) fn session(&self, request: &HttpRequest) -> Option<SessionCookie> {
        self.read(request, &SESSION).map(SessionCookie::new)
    }

    /// The tag of the language that the person chose on one of our pages.
    pub(crate) fn chosen_language(&self, request: &HttpRequest) -> Option<String> {
        self.read(request, &LANGUAGE)
    }

    pub(crate) fn browser_cookie(&self, browser: &Browser) -> Cookie<'static> {
        self.make(&BROWSER, browser.as_str())
    }

    pub(crate) fn session_cookie(&self, session: &SessionCookie) -> Cookie<'static> {
        self.make(&SESSION, session.as_str())
    }

    /// Whether somebody signed in in this browser before.
    pub(crate) fn known_browser(&self, request: &HttpRequest) -> Option<KnownBrowserCookie> {
        self.read(request, &KNOWN).map(KnownBrowserCookie::new)
    }

    /// Stays when the browser closes.
    pub(crate) fn known_browser_cookie(&self, known: &KnownBrowserCookie) -> Cookie<'static> {
        let mut cookie = self.make(&KNOWN, known.as_str());
        cookie.set_max_age(KNOWN_FOR);
        cookie
    }

    /// Kept for a year: nobody chooses their language every day.
    pub(crate) fn language_cookie(&self, tag: &str) -> Cookie<'static> {
        let mut cookie = self.make(&LANGUAGE, tag);
        cookie.set_max_age(Duration::days(365));
        cookie
    }

    /// What the playground waits with for an answer.
    pub(crate) fn playground_step(&self, request: &HttpRequest) -> Option<PlaygroundStep> {
        self.read(request, &PLAYGROUND).map(PlaygroundStep::new)
    }

    pub(crate) fn playground_cookie(&self, step: &PlaygroundStep) -> Cookie<'static> {
        let mut cookie = self.make(&PLAYGROUND, step.as_str());
        cookie.set_max_age(PLAYGROUND_WAITS);
        cookie
    }

    /// The answer has come.
    pub(crate) fn no_playground_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.make(&PLAYGROUND, "");
        cookie.make_removal();
        cookie
    }

    /// Takes the session's cookie away.
    pub(crate) fn no_session_cookie(&self) -> Cookie<'static> {
        let mut cookie = self.make(&SESSION, "");
        cookie.make_removal();
        cookie
    }

    fn read(&self, request: &HttpRequest, name: &Name) -> Option<String> {
        request.cookie(self.name(name)).map(|cookie| cookie.value().to_owned())
    }

    const fn name(&self, name: &Name) -> &'static str {
        if self.secure { name.secure } else { name.plain }
    }

    /// Gone when the browser closes; how long a session is good for is storage's to say.
    fn make(&self, name: &Name, value: &str) -> Cookie<'static> {
        Cookie::build(self.name(name), value.to_owned())
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .finish()
    }
}
