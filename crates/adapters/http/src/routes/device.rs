//! `/device` (RFC 8628 §3.3): the page on which a person types what their device shows, and the one that says how it ended.

use std::net::IpAddr;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use grantor_application::{Browser, DEVICE_PAGE, DeviceEntry};
use grantor_domain::grant::device_code::UserCode;

use crate::app::App;
use crate::body::read_form;
use crate::call::Call;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::pages::{DeviceDonePage, DevicePage, QrCode};
use crate::refusal::Occasion;
use crate::routes::follow::{add_cookies, see_other};

/// Path of the page that says how it ended.
pub(crate) const DONE: &str = "/device/done";

pub(crate) async fn show(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Device, &request, async |call| match Form::parse(request.query_string().as_bytes()) {
        // Only shown: that somebody followed a link is no reason to look anything up.
        Ok(mut form) => {
            let mut page =
                page(&app, call, form.take("user_code").as_deref().and_then(UserCode::parse).as_ref(), false);
            let new = app.browser(&request).is_none().then(|| app.browser_cookie(&app.service.new_browser()));
            add_cookies(&mut page, new.as_slice());
            page
        }
        Err(refusal) => app.refuse_on_page(&refusal.into(), Occasion::of(call)),
    })
    .await
}

pub(crate) async fn submit(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    app.observed(Endpoint::Device, &request, async |call| {
        let typed = match read_form(&request, payload).await {
            Ok(mut form) => form.take("user_code").unwrap_or_default(),
            Err(refusal) => return app.refuse_on_page(&refusal.into(), Occasion::of(call)),
        };
        match app.browser(&request) {
            Some(browser) => answer(&app, call, &request, (&typed, &browser)).await,
            // Another site may have sent it, which comes without our cookies: the person sees the page first.
            None => see_other(&address_of(UserCode::parse(&typed).as_ref()), Vec::new()),
        }
    })
    .await
}

async fn answer(app: &App, call: &Call<'_>, request: &HttpRequest, (typed, browser): (&str, &Browser)) -> HttpResponse {
    let address = app.client_address(request).as_ref().map(IpAddr::to_string);
    match app.service.enter_user_code(typed, address.as_deref(), browser, app.session(request).as_ref()).await {
        Ok(DeviceEntry::Next(next)) => app.follow(call, &next, Vec::new()),
        Ok(DeviceEntry::Wrong) => page(app, call, UserCode::parse(typed).as_ref(), true),
        Err(failure) => app.refuse_on_page(&failure, Occasion::of(call)),
    }
}

fn address_of(user_code: Option<&UserCode>) -> String {
    user_code.map_or_else(|| DEVICE_PAGE.to_owned(), |user_code| format!("{DEVICE_PAGE}?user_code={user_code}"))
}

/// How it ended.
pub(crate) async fn done(app: Data<App>, request: HttpRequest) -> HttpResponse {
    app.observed(Endpoint::Device, &request, async |call| {
        let html =
            app.pages.device_done(&app.reader(call), &DeviceDonePage { allowed: request.query_string() == "allowed" });
        app.page(StatusCode::OK, html)
    })
    .await
}

fn page(app: &App, call: &Call<'_>, user_code: Option<&UserCode>, is_wrong: bool) -> HttpResponse {
    // Of a code that no device shows there is nothing to go on with.
    let qr_code = user_code
        .filter(|_| !is_wrong)
        .and_then(|user_code| QrCode::of(&app.service.settings().url(&address_of(Some(user_code)))));
    call.is_found_at(address_of(user_code));
    let user_code = user_code.map(UserCode::to_string);
    let view = DevicePage { action: DEVICE_PAGE, user_code: user_code.as_deref(), is_wrong, qr_code };
    let html = app.pages.device(&app.reader(call), &view);
    app.page(StatusCode::OK, html)
}
