//! How the answer travels (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2).

use super::super::support::{CALLBACK_SPA, told};
use crate::harness::{Answer, Authorization, Person, Server, redirected};

/// The value of a hidden field of a page that posts an answer.
fn field(page: &Answer, name: &str) -> String {
    let (_, rest) = page.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_default();
    rest.split_once('"').unwrap_or_default().0.to_owned()
}

#[tokio::test]
async fn multiple_response_types_2_1_a_fragment_carries_the_answer_and_the_query_nothing() {
    let server = Server::start().await;
    let request = Authorization::of_spa("openid").with("response_mode", "fragment");
    let person = Person::alice(&server);
    person.authorize(&request.clone().with("response_mode", "query")).await;
    for (request, expect) in
        [(request.clone(), "code"), (request.with("scope", "unknown"), "invalid_scope scope-invalid")]
    {
        let answer = person.open(&request.path()).await;
        let location = answer.header("location");
        assert!(answer.status == 303 && !location.contains('?'), "{location}");
        assert!(location.starts_with(&format!("{CALLBACK_SPA}#")), "{location}");
        assert_eq!(told(&server, &redirected(&location.replacen('#', "?", 1))), expect);
    }
}

#[tokio::test]
async fn form_post_2_a_page_posts_the_answer_and_no_address_carries_it() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    person.authorize(&Authorization::of_spa("openid")).await;
    let request = Authorization::of_spa("openid").with("response_mode", "form_post").with("state", "a&\"b");
    let page = person.open(&request.path()).await;
    assert_eq!((page.status, page.header("location")), (200, ""));
    assert!(page.text.contains(&format!("<form method=\"post\" action=\"{CALLBACK_SPA}\">")), "{}", page.text);
    assert_eq!((field(&page, "state").as_str(), field(&page, "iss")), ("a&amp;&quot;b", server.issuer.clone()));
    assert!(field(&page, "code").len() > 100 && field(&page, "error").is_empty(), "{}", page.text);
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    let (_, script) = page.text.split_once("<script src=\"").unwrap();
    let script = server.http.get(script.split_once('"').unwrap().0).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));
    assert!(script.header("cache-control").contains("immutable") && script.text.contains("submit()"));

    let refused = person.open(&request.with("scope", "unknown").path()).await;
    assert_eq!((refused.status, field(&refused, "error").as_str()), (200, "invalid_scope"));
    assert!(field(&refused, "code").is_empty());
}

#[tokio::test]
async fn whoever_signs_in_for_a_posted_answer_stays_signed_in() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    person.authorize(&Authorization::of_spa("openid")).await;
    let request = Authorization::of_spa("openid").with("response_mode", "form_post").with("prompt", "login");
    let login = person.open(&request.path()).await;
    let login = person.open(login.header("location")).await;
    let page = person.submit(&login, &[("username", "alice"), ("password", "wonderland-42")]).await;
    assert!(page.status == 200 && !field(&page, "code").is_empty(), "{}", page.text);
    let silent = Authorization::of_spa("openid").with("prompt", "none");
    let answer = person.open(&silent.path()).await;
    assert_eq!(told(&server, &redirected(answer.header("location"))), "code", "the new cookie came with the page");
}
