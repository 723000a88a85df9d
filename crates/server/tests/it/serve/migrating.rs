//! docs/migrating.md, carried out: what it has for each of the three systems is applied and does what the page says.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::documented::Page;
use super::options;
use crate::harness::{Server, send};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_system_can_be_taken_over() {
    let page = Page::read("migrating.md");
    let server = Server::start_with(options(&page.block("configuration"))).await;
    let file = |name: &str, content: &str| {
        let path = server.data_dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let blocks = page.blocks("apply");
    assert_eq!(blocks.len(), 3);
    for (number, block) in blocks.iter().enumerate() {
        let path = file(&format!("{number}.toml"), block);
        let output = server.run(&["apply", "-f", &path, "--prune"]);
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let users = file("users.jsonl", &page.block("users"));
    for arguments in [&["user", "import", &users, "--dry-run"][..], &["user", "import", &users]] {
        let output = server.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    let form = [("grant_type", "password"), ("username", "ada@example.com"), ("password", "a-password-of-ada")];
    let form = form.into_iter().chain([("client_id", "1000000042"), ("scope", "openid email")]).collect::<Vec<_>>();
    let answer = send(server.http.request("POST", "/wcf/oauth-token/").form(&form)).await;
    assert_eq!(answer.outcome(), "200", "{}", answer.text);
    let id_token = answer.member("id_token");
    let payload = URL_SAFE_NO_PAD.decode(id_token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["sub"], &claims["email"]), (&"42".into(), &"ada@example.com".into()));
    let shown = server.run(&["user", "show", "43", "--json"]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains("disabled_at"));
}
