//! `/consent`: the consent page, what is sent from it, and what is remembered of it.

use super::support::{
    CALLBACK_SPA, SPA_SCOPE, jwt, log_line, of_a, page, page_reference, redeem_spa, told, verdict, without_pkce,
};
use crate::harness::{Answer, Authorization, Person, Server, redirected};

/// Opens a request, signing in where that is asked, until a page asks for consent; or what the client is told.
async fn consent_page(server: &Server, person: &Person, request: &Authorization) -> Result<Answer, String> {
    let mut answer = person.open(&request.path()).await;
    for _step in 0..5 {
        if answer.status == 200 && page(&answer) == "consent" {
            return Ok(answer);
        } else if answer.status == 200 {
            let fields = [("username", person.username.as_str()), ("password", person.password.as_str())];
            answer = person.submit(&answer, &fields).await;
        } else if answer.header("location").starts_with('/') {
            answer = person.open(answer.header("location")).await;
        } else {
            return Err(told(server, &redirected(answer.header("location"))));
        }
    }
    panic!("the pages lead nowhere: {} {}", answer.status, answer.text);
}

/// Whether a request is asked about, or what the client is told.
async fn asked(server: &Server, person: &Person, request: &Authorization) -> String {
    consent_page(server, person, request).await.map_or_else(|told| told, |_page| "consent".to_owned())
}

/// Follows what comes after a decision to what the client is told.
async fn decide(server: &Server, person: &Person, shown: &Answer, decision: &str) -> String {
    let answer = person.submit(shown, &[("decision", decision)]).await;
    assert_eq!(answer.status, 303, "never 307: {}", answer.text);
    told(server, &redirected(answer.header("location")))
}

#[tokio::test]
async fn core_3_1_2_4_the_page_says_who_asks_whom_for_what_and_where_it_leads() {
    let server = Server::start().await;
    let shown = consent_page(&server, &Person::alice(&server), &Authorization::of_spa(SPA_SCOPE)).await.unwrap();
    for part in [
        "Demo single-page application",
        "Alice Liddell",
        "127.0.0.1",
        "id=\"allow\"",
        "id=\"deny\"",
        "while you are away",
    ] {
        assert!(shown.text.contains(part), "{part}: {}", shown.text);
    }
    assert_eq!(shown.text.matches("<form").count(), 2, "the other is for the language");
}

#[tokio::test]
async fn registered_scopes_and_resources_are_shown_in_their_own_words() {
    let server = Server::start().await;
    server.apply(
        "[[scopes]]\nname = \"profile\"\ndescription = \"Know <you>\"\n\
         [[resources]]\nidentifier = \"https://letters.example.test\"\nname = \"Letters & more\"\n\
         [[clients]]\nclient_id = \"reader\"\ntoken_endpoint_auth_methods = [\"none\"]\n\
         grant_types = [\"authorization_code\"]\nredirect_uris = [\"http://127.0.0.1/cb\"]\n\
         scope = \"openid profile\"\nresources = [\"https://letters.example.test\"]\n",
    );
    let request = Authorization::of("reader", "http://127.0.0.1/cb", "openid profile")
        .with("resource", "https://letters.example.test");
    let person = Person::alice(&server);
    // Replicas follow within seconds.
    for _attempt in 0..50 {
        let shown = consent_page(&server, &person, &request).await.unwrap();
        if shown.text.contains("Know &lt;you&gt;") && shown.text.contains("Letters &amp; more") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the registered texts never appeared");
}

#[tokio::test]
async fn rfc_6749_4_1_2_1_denial_is_told_and_not_remembered() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let request = Authorization::of_spa("openid");
    let shown = consent_page(&server, &person, &request).await.unwrap();
    assert_eq!(decide(&server, &person, &shown, "deny").await, "access_denied access-denied");
    let again = consent_page(&server, &person, &request).await.unwrap();
    assert_eq!(decide(&server, &person, &again, "allow").await, "code");
    for event in ["consent.denied", "consent.allowed"] {
        let [event] = &server.audit(event)[..] else { panic!("{}", server.log()) };
        let found = ["client_id", "subject", "address"].map(|name| event[name].as_str().unwrap());
        assert_eq!(found, ["demo-spa", "alice", "127.0.0.1"]);
    }
}

#[tokio::test]
async fn core_3_1_2_4_consent_is_remembered_as_the_union_of_what_was_allowed() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let check = async |scope: &str, expect: &str| {
        assert_eq!(asked(&server, &person, &Authorization::of_spa(scope)).await, expect, "{scope}");
    };
    let allow = async |scope: &str| {
        person.authorize(&Authorization::of_spa(scope)).await;
    };
    // A claim asked for by name is allowed like its scope.
    let by_name = Authorization::of_spa("openid").with("claims", r#"{"userinfo":{"email":null}}"#);
    check("openid profile", "consent").await;
    allow("openid profile").await;
    check("openid profile", "code").await;
    check("profile openid", "code").await;
    check("openid", "code").await;
    check("openid email", "consent").await;
    assert_eq!(asked(&server, &person, &by_name).await, "consent");
    allow("openid email").await;
    assert_eq!(asked(&server, &person, &by_name).await, "code");
    check("openid profile email", "code").await;
    check("openid offline_access", "consent").await;
    allow("openid offline_access").await;
    check(SPA_SCOPE, "code").await;
    // Each client and each person for themselves, in whatever browser.
    assert_eq!(asked(&server, &person, &of_a("openid")).await, "consent");
    assert_eq!(asked(&server, &Person::alice(&server), &Authorization::of_spa(SPA_SCOPE)).await, "code");
    server.apply("[[users]]\nsubject = \"b-1\"\nusername = \"bob\"\npassword = \"a-password-of-bob\"\n");
    let bob = Person::at(&server.http, "bob", "a-password-of-bob");
    assert_eq!(asked(&server, &bob, &Authorization::of_spa("openid")).await, "consent");
}

#[tokio::test]
async fn what_is_new_is_marked() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    let first = consent_page(&server, &person, &Authorization::of_spa("openid profile")).await.unwrap();
    assert!(!first.text.contains("class=\"new\""), "all of it is");
    decide(&server, &person, &first, "allow").await;
    let second = consent_page(&server, &person, &Authorization::of_spa("openid profile email")).await.unwrap();
    assert_eq!(second.text.matches("class=\"new\"").count(), 1, "{}", second.text);
}

#[tokio::test]
async fn core_3_1_2_1_prompt_consent_asks_again() {
    let server = Server::start().await;
    let person = Person::alice(&server);
    person.authorize(&Authorization::of_spa("openid")).await;
    let request = Authorization::of_spa("openid").with("prompt", "consent");
    let shown = consent_page(&server, &person, &request).await.unwrap();
    assert_eq!(decide(&server, &person, &shown, "allow").await, "code");
    let shown = consent_page(&server, &person, &request).await.unwrap();
    assert_eq!(decide(&server, &person, &shown, "deny").await, "access_denied access-denied");
    assert_eq!(asked(&server, &person, &Authorization::of_spa("openid")).await, "code", "still allowed");
}

#[tokio::test]
async fn rfc_8252_8_6_first_party_clients_skip_it_but_for_offline_access_and_native_ones_never_do() {
    let server = Server::start().await;
    server.apply(CLIENTS);
    let person = Person::alice(&server);
    let own = |scope: &str| without_pkce(Authorization::of("own", CALLBACK_SPA, scope));
    assert_eq!(asked(&server, &person, &own("openid")).await, "code");
    assert_eq!(asked(&server, &person, &own("openid").with("prompt", "consent")).await, "consent");
    assert_eq!(asked(&server, &person, &own("openid offline_access")).await, "consent");
    for uri in [CALLBACK_SPA, "com.example.app:/callback"] {
        let native = Authorization::of("native", uri, "openid");
        for _time in 0..2 {
            let shown = consent_page(&server, &person, &native).await.unwrap();
            assert_eq!(decide(&server, &person, &shown, "allow").await, "code");
        }
    }
    let claimed = Authorization::of("native", "https://app.example/callback", "openid");
    person.authorize(&claimed).await;
    assert_eq!(asked(&server, &person, &claimed).await, "code", "an https redirect is the client's alone");
}

const CLIENTS: &str = r#"
[[clients]]
client_id = "own"
client_secret = "a-secret-that-nobody-guesses"
grant_types = ["authorization_code"]
redirect_uris = ["http://127.0.0.1:5173/callback"]
scope = "openid offline_access"
require_pkce = false
first_party = true

[[clients]]
client_id = "native"
application_type = "native"
token_endpoint_auth_methods = ["none"]
grant_types = ["authorization_code"]
redirect_uris = ["http://127.0.0.1:5173/callback", "com.example.app:/callback", "https://app.example/callback"]
scope = "openid"
"#;

#[tokio::test]
async fn rfc_6749_10_12_nobody_decides_for_another_browser_or_without_a_session() {
    let server = Server::start().await;
    let (alice, mallory) = (Person::alice(&server), Person::alice(&server));
    let shown = consent_page(&server, &alice, &Authorization::of_spa("openid")).await.unwrap();
    mallory.authorize(&of_a("openid")).await;
    for stranger in [&mallory, &Person::alice(&server)] {
        let refused = stranger.submit(&shown, &[("decision", "allow")]).await;
        assert_eq!(page(&refused), "400 invalid_request");
        assert!(log_line(&server, &page_reference(&refused)).contains("request-expired"));
    }
    for fields in [&[][..], &[("decision", "")], &[("decision", "Allow")], &[("decision", "x")]] {
        assert_eq!(page(&alice.submit(&shown, fields).await), "400 invalid_request", "{fields:?}");
    }
    for path in ["/consent", "/consent?request=x"] {
        assert_eq!(page(&alice.open(path).await), "400 invalid_request", "{path}");
    }
    let garbled = [("request", "gai_AAAA"), ("decision", "allow")];
    assert_eq!(page(&alice.post("/consent", &garbled).await), "400 invalid_request");
    assert_eq!(decide(&server, &alice, &shown, "allow").await, "code");
}

#[tokio::test]
async fn core_3_1_2_4_who_signed_in_meanwhile_is_asked_anew() {
    let server = Server::start().await;
    server.apply("[[users]]\nsubject = \"b-1\"\nusername = \"bob\"\npassword = \"a-password-of-bob\"\n");
    let alice = Person::alice(&server);
    let shown = consent_page(&server, &alice, &Authorization::of_spa("openid")).await.unwrap();
    // The same browser, in which Bob signs in now.
    let bob = alice.used_by("bob", "a-password-of-bob");
    consent_page(&server, &bob, &Authorization::of_spa("openid").with("prompt", "login")).await.unwrap();
    let answer = bob.submit(&shown, &[("decision", "allow")]).await;
    assert!(answer.header("location").starts_with("/consent?"), "{} {}", answer.status, answer.text);
    let asked = bob.open(answer.header("location")).await;
    assert!(asked.text.contains("b-1") && !asked.text.contains("Alice"), "{}", asked.text);
    let redirected = bob.walk(asked).await;
    let tokens = redeem_spa(&server.http, redirected.parameter("code")).await;
    assert_eq!(verdict(&tokens), "200");
    assert_eq!(jwt::claims(&tokens.member("id_token"))["sub"], "b-1");
}
