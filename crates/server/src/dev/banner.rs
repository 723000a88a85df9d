//! What `dev` prints when it is ready: the issuer, the demo credentials, and a line to paste for each thing to try. Each
//! line works by itself: where it needs a token, it gets one first.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantor_application::Settings;
use grantor_domain::secret::sha256;
use grantor_http::PLAYGROUND_PATH;

/// Opens an address in the browser.
const OPEN: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };

/// Base64url without padding (RFC 7515 §2).
pub(super) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The text. `verifier` is the PKCE verifier of the code flow that it shows.
pub(super) fn text(settings: &Settings, data_dir: &Path, verifier: &str) -> String {
    let token = settings.url(settings.endpoints.token.first().map_or("", String::as_str));
    let credentials = credentials(settings.issuer.as_str(), data_dir);
    let grants = grants(&token);
    let tokens = tokens(settings, &token);
    let code = code(settings, &token, verifier);
    format!("{credentials}\nPaste any of these lines:\n{grants}{tokens}{code}")
}

/// The text for an issuer that others can reach: no demo set was loaded, because its passwords are public.
pub(super) fn without_demo_set(settings: &Settings) -> String {
    let issuer = settings.issuer.as_str();
    format!(
        "\nGrantor is ready: {issuer}\n\nThe demo set was not loaded: its passwords and secrets are public, and others can \
         reach this server.\nRegister clients and users of your own: grantor apply -f FILE\n"
    )
}

/// Where to try all of it without a shell.
pub(super) fn playground(settings: &Settings) -> String {
    format!("\n# every grant step by step, in the browser\n{OPEN} '{}'\n", settings.url(PLAYGROUND_PATH))
}

/// The password grant of system B.
fn password_grant(token: &str) -> String {
    let form = "-d grant_type=password -d username=alice -d password=wonderland-42 -d scope='contacts.read openid'";
    format!("curl -s -u demo-b:demo-b-secret {form} {token}")
}

/// A member of its answer, for the shell to put into another line.
fn fresh(member: &str, token: &str) -> String {
    format!(r#""$({} | sed 's/.*"{member}": *"\([^"]*\)".*/\1/')""#, password_grant(token))
}

/// Who there is to be.
fn credentials(issuer: &str, data_dir: &Path) -> String {
    let machine_key = data_dir.join("demo-machine.jwk");
    format!(
        r#"
Grantor is ready: {issuer}

  issuer    {issuer}  ({issuer}/.well-known/openid-configuration)
  user      alice / wonderland-42
  clients   demo-a / demo-a-secret          authorization code, refresh, client credentials
            demo-b / demo-b-secret          every grant
            1000000042 / demo-c-secret-of-more-than-thirty-two-octets
                                            authorization code, refresh, password; opaque tokens
            demo-spa                        public: authorization code with PKCE, refresh
            demo-machine                    client credentials; signs with {machine_key}
            demo-api / demo-api-secret      resource server: introspection
"#,
        machine_key = machine_key.display(),
    )
}

/// The grants that need no browser.
fn grants(token: &str) -> String {
    let password_grant = password_grant(token);
    let (access_token, refresh_token) = (fresh("access_token", token), fresh("refresh_token", token));
    format!(
        r#"
# client credentials
curl -s -u demo-a:demo-a-secret -d grant_type=client_credentials -d scope=server-operations {token}

# password, system B
{password_grant}

# password, system C, without a secret
curl -s -d client_id=1000000042 -d grant_type=password -d username=alice -d password=wonderland-42 {token}

# refresh
curl -s -u demo-b:demo-b-secret -d grant_type=refresh_token -d refresh_token={refresh_token} {token}

# token exchange
curl -s -u demo-b:demo-b-secret -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange -d subject_token={access_token} -d subject_token_type=urn:ietf:params:oauth:token-type:access_token -d audience=https://api.example.test {token}
"#
    )
}

/// What else can be done with tokens.
fn tokens(settings: &Settings, token: &str) -> String {
    let endpoints = &settings.endpoints;
    let introspection = settings.url(&endpoints.introspection);
    let userinfo = settings.url(&endpoints.userinfo);
    let revocation = settings.url(&endpoints.revocation);
    let (access_token, refresh_token) = (fresh("access_token", token), fresh("refresh_token", token));
    format!(
        r#"
# introspection, by the resource server
curl -s -u demo-api:demo-api-secret -d token={access_token} {introspection}

# who signed in
curl -s -H "Authorization: Bearer "{access_token} {userinfo}

# revocation: the grant ends, and every token with it
curl -s -i -u demo-b:demo-b-secret -d token={refresh_token} {revocation}
"#
    )
}

/// The grant that needs a person.
fn code(settings: &Settings, token: &str, verifier: &str) -> String {
    let authorization = settings.url(&settings.endpoints.authorization);
    let challenge = base64url(&sha256(verifier.as_bytes()));
    format!(
        r#"
# authorization code with PKCE: sign in, allow, then copy `code` from the address that the browser cannot open
{OPEN} '{authorization}?response_type=code&client_id=demo-spa&redirect_uri=http%3A%2F%2F127.0.0.1%3A5173%2Fcallback&scope=openid%20profile%20email%20offline_access&state=demo&code_challenge={challenge}&code_challenge_method=S256'
printf 'code: '; read -r code; curl -s -d grant_type=authorization_code -d client_id=demo-spa -d redirect_uri=http://127.0.0.1:5173/callback -d code="$code" -d code_verifier={verifier} {token}
"#
    )
}

#[cfg(test)]
mod tests {
    use grantor_domain::resource::Audience;

    use super::*;

    #[test]
    fn every_line_can_be_pasted() {
        let settings = Settings::new(Audience::parse("http://127.0.0.1:8080").unwrap());
        // The verifier and challenge of RFC 7636 appendix B.
        let text = text(&settings, Path::new(".grantor"), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
            + &playground(&settings);
        assert!(text.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"));
        let (_, lines) = text.split_once("Paste any of these lines:\n").unwrap();
        for line in lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            assert!(["curl ", OPEN, "printf "].iter().any(|command| line.starts_with(command)), "{line}");
        }
        insta::assert_snapshot!(fresh("access_token", "http://x/token"), @r#""$(curl -s -u demo-b:demo-b-secret -d grant_type=password -d username=alice -d password=wonderland-42 -d scope='contacts.read openid' http://x/token | sed 's/.*"access_token": *"\([^"]*\)".*/\1/')""#);
    }
}
