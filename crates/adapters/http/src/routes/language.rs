//! `/language`: what the form posts that every page has to switch to another language. Grantor's own.
//!
//! The choice is kept in a cookie. Where the page is one of a pending request it is kept with that, too, in the place of what the
//! application asked for: what a person chose wins over what somebody thought they would choose.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::Interaction;
use grantor_domain::error::{Reason, Refusal};
use url::form_urlencoded::{Serializer, parse};

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::Language;
use crate::refusal::Occasion;
use crate::routes::follow::see_other;
use crate::routes::is_page;

pub(crate) async fn choose(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Language, &request, async |call| answer(&app, call, &request, payload).await).await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, payload: Payload) -> HttpResponse {
    match read_form(request, payload).await.and_then(|form| read(app, form)) {
        Ok((language, return_to)) => {
            let tag = app.pages.tag(language);
            see_other(&with_language(app, request, &return_to, tag), vec![app.language_cookie(tag)])
        }
        Err(refusal) => app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    }
}

/// A language that there is, and the address of a page of ours.
fn read(app: &App, mut form: Form) -> Result<(Language, String), Refusal> {
    let invalid = |name: &'static str| Refusal::parameter(Reason::ParameterInvalid, name);
    let tag = form.take("locale").ok_or_else(|| invalid("locale"))?;
    let language = app.pages.negotiate([tag.as_str()].into_iter()).ok_or_else(|| invalid("locale"))?;
    let return_to = form.take("return_to").filter(|address| leads_to_a_page(app, address));
    Ok((language, return_to.ok_or_else(|| invalid("return_to"))?))
}

/// Whether an address is a path of one of our pages, perhaps with a query: whoever posts the form must not be able to send anybody
/// elsewhere.
fn leads_to_a_page(app: &App, address: &str) -> bool {
    let path = address.split_once('?').map_or(address, |(path, _)| path);
    address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') && is_page(app, path)
}

/// The address, with the choice in whatever said before which language the page is in: the pending request, or `ui_locales`.
fn with_language(app: &App, request: &HttpRequest, address: &str, tag: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    let pairs: Vec<_> = parse(query.as_bytes()).collect();
    if !pairs.iter().any(|(name, _)| matches!(name.as_ref(), "request" | "ui_locales")) {
        return address.to_owned();
    }
    let browser = app.browser(request);
    let chosen = pairs.iter().map(|(name, value)| {
        let value = match name.as_ref() {
            // At the authorization endpoint it is a request object, which stays as its client signed it.
            "request" => app
                .service
                .with_language(&Interaction::new(value.as_ref()), tag, browser.as_ref())
                .map_or_else(|_not_pending| value.to_string(), |interaction| interaction.as_str().to_owned()),
            "ui_locales" => tag.to_owned(),
            _ => value.to_string(),
        };
        (name, value)
    });
    format!("{path}?{}", Serializer::new(String::new()).extend_pairs(chosen).finish())
}
