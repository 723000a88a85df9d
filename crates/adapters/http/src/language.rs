//! In which language somebody reads our pages: decides between what their application asks for (`ui_locales`, OpenID Connect Core
//! §3.1.2.1), what they once chose, what their browser says (RFC 9110 §12.5.4), and English.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::ACCEPT_LANGUAGE;

use crate::app::App;
use crate::call::Call;
use crate::pages::{Language, Reader, accepted};
use crate::routes::is_page;

impl App {
    /// Who reads the page that answers this request.
    pub(crate) fn reader(&self, call: &Call<'_>) -> Reader {
        Reader { language: self.language(call), return_to: call.address().or_else(|| self.address_of(call.request())) }
    }

    fn language(&self, call: &Call<'_>) -> Language {
        let request = call.request();
        let wanted = call.ui_locales();
        let chosen = self.chosen_language(request);
        let headers = request.headers().get_all(ACCEPT_LANGUAGE);
        let header = headers.filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
        let tags = wanted.iter().chain(chosen.as_deref()).chain(accepted(&header));
        self.pages.negotiate(tags).unwrap_or(Language::ENGLISH)
    }

    /// Where a page like the one that answers this request can be had again: at its own address, unless a form was posted there
    /// that nobody can post again.
    fn address_of(&self, request: &HttpRequest) -> Option<String> {
        if !is_page(self, request.path()) {
            return None;
        }
        Some(match request.uri().path_and_query() {
            Some(address) if request.method() == Method::GET => address.to_string(),
            _ => request.path().to_owned(),
        })
    }
}
