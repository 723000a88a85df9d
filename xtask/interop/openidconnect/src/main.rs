//! The crate `openidconnect` against Grantor, by the calls of its documentation.

mod browser;
mod report;

use anyhow::{Context, bail, ensure};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClaimName, CoreClaimType, CoreClient,
    CoreClientAuthMethod, CoreClientRegistrationRequest, CoreDeviceAuthorizationResponse, CoreErrorResponseType,
    CoreGrantType, CoreIdTokenClaims, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
    CoreRequestTokenError, CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreSubjectIdentifierType,
    CoreTokenResponse, CoreUserInfoClaims,
};
use openidconnect::registration::EmptyAdditionalClientMetadata;
use openidconnect::reqwest::{blocking, redirect};
use openidconnect::{
    AccessTokenHash, AdditionalProviderMetadata, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId,
    ClientSecret, CsrfToken, DeviceAuthorizationUrl, EndSessionUrl, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, LogoutRequest, Nonce, OAuth2TokenResponse,
    PkceCodeChallenge, PostLogoutRedirectUrl, ProviderMetadata, RedirectUrl, RefreshToken, RequestTokenError,
    RevocationUrl, Scope, SubjectIdentifier, SyncHttpClient, TokenIntrospectionResponse, TokenResponse,
};
use serde::{Deserialize, Serialize};

use crate::browser::Browser;
use crate::report::{Settings, check, not_offered};

/// What the library's own metadata leaves out.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct MoreEndpoints {
    device_authorization_endpoint: DeviceAuthorizationUrl,
    end_session_endpoint: EndSessionUrl,
    introspection_endpoint: IntrospectionUrl,
    revocation_endpoint: RevocationUrl,
}

impl AdditionalProviderMetadata for MoreEndpoints {}

type Metadata = ProviderMetadata<
    MoreEndpoints,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A client with every endpoint that [`Metadata`] names.
type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointSet, EndpointSet, EndpointMaybeSet, EndpointMaybeSet>;

/// What one sign-in gave.
struct SignedIn {
    tokens: CoreTokenResponse,
    nonce: Nonce,
    pages: Vec<&'static str>,
}

fn main() -> anyhow::Result<()> {
    let settings = Settings::read()?;
    let http = blocking::Client::builder().redirect(redirect::Policy::none()).build()?;
    let metadata = check("discovery", || {
        let metadata = Metadata::discover(&IssuerUrl::new(settings.issuer.clone())?, &http)?;
        Ok((metadata, "`ProviderMetadata::discover`"))
    });
    let Some(metadata) = metadata else {
        return Ok(());
    };
    let checks = Checks {
        confidential: client(&metadata, &settings.confidential)?,
        browser: Browser::new(&settings.issuer, &settings.user)?,
        settings: &settings,
        metadata: &metadata,
        http: &http,
    };
    checks.run();
    Ok(())
}

/// The client as the library knows it.
fn client(metadata: &Metadata, client: &report::Client) -> anyhow::Result<Client> {
    let more = metadata.additional_metadata().clone();
    let secret = client.client_secret.clone().map(ClientSecret::new);
    let built = CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(client.client_id.clone()), secret)
        .set_introspection_url(more.introspection_endpoint)
        .set_revocation_url(more.revocation_endpoint);
    if client.redirect_uri.is_empty() {
        return Ok(built);
    }
    Ok(built.set_redirect_uri(RedirectUrl::new(client.redirect_uri.clone())?))
}

/// What every check needs.
struct Checks<'a> {
    settings: &'a Settings,
    metadata: &'a Metadata,
    http: &'a blocking::Client,
    browser: Browser<'a>,
    confidential: Client,
}

impl Checks<'_> {
    fn run(&self) {
        let signed_in = check("code-confidential", || {
            let signed_in = self.sign_in(&self.confidential, &self.settings.confidential)?;
            ensure!(signed_in.pages == ["sign-in", "consent"], "pages: {:?}", signed_in.pages);
            ensure!(signed_in.tokens.expires_in().is_some(), "no lifetime");
            Ok((signed_in, "`authorize_url`, `set_pkce_challenge`, `exchange_code`, `set_pkce_verifier`"))
        });
        check("code-public", || {
            let public = client(self.metadata, &self.settings.public)?;
            let signed_in = self.sign_in(&public, &self.settings.public)?;
            self.validate(&public, &signed_in.tokens, &signed_in.nonce)?;
            Ok(((), "without a `ClientSecret`"))
        });
        check("registration", || {
            let registered = self.register()?;
            let client = client(self.metadata, &registered)?;
            let signed_in = self.sign_in(&client, &registered)?;
            self.validate(&client, &signed_in.tokens, &signed_in.nonce)?;
            Ok(((), "`ClientRegistrationRequest`; it neither reads nor deletes the client"))
        });
        not_offered("request-object", "no call makes one");
        not_offered("state", "`CsrfToken` is made by the library and compared by the application");
        not_offered("issuer-parameter", "the application reads the callback; `exchange_code` takes its code alone");
        check("id-token", || {
            let signed_in = signed_in.as_ref().context("no tokens")?;
            self.validate(&self.confidential, &signed_in.tokens, &signed_in.nonce)?;
            Ok(((), "`IdToken::claims`, `AccessTokenHash`: signature, `iss`, `aud`, `exp`, `nonce`, `at_hash`"))
        });
        check("wrong-nonce", || {
            let id_token = signed_in.as_ref().and_then(|it| it.tokens.id_token()).context("no ID token")?;
            let verified = id_token.claims(&self.confidential.id_token_verifier(), &Nonce::new_random());
            ensure!(matches!(verified, Err(ClaimsVerificationError::InvalidNonce(_))), "{verified:?}");
            Ok(((), "`IdToken::claims`"))
        });
        not_offered("access-token", "for clients only");
        check("userinfo", || {
            let token = signed_in.as_ref().context("no tokens")?.tokens.access_token();
            let subject = SubjectIdentifier::new(self.settings.user.subject.clone());
            let claims: CoreUserInfoClaims =
                self.confidential.user_info(token.clone(), Some(subject))?.request(self.http)?;
            let email = claims.email().map(|email| email.as_str());
            ensure!(email == Some(&self.settings.user.email), "{claims:?}");
            Ok(((), "`user_info`, with the expected `sub`"))
        });
        let refreshed = check("refresh", || self.refresh(&signed_in.as_ref().context("no tokens")?.tokens));
        check("invalid-grant", || {
            let unknown = RefreshToken::new("no refresh token".to_owned());
            let answer = self.confidential.exchange_refresh_token(&unknown)?.request(self.http);
            ensure_refused(answer, &CoreErrorResponseType::InvalidGrant)
        });
        check("invalid-client", || {
            let wrong = self.confidential.clone().set_client_secret(ClientSecret::new("another secret".to_owned()));
            let answer = wrong.exchange_client_credentials()?.request(self.http);
            ensure_refused(answer, &CoreErrorResponseType::InvalidClient)
        });
        self.check_client_credentials("secret-basic", AuthType::BasicAuth, "`AuthType::BasicAuth`");
        self.check_client_credentials("secret-post", AuthType::RequestBody, "`AuthType::RequestBody`");
        not_offered("private-key-jwt", "`AuthType` has only the two ways to send a secret");
        not_offered("token-exchange", "no request for it, nor for other grants");
        self.check_introspection_and_revocation(refreshed.as_ref());
    }

    /// A client of our own. The library's metadata have no scope, so it gets what the server gives to anybody.
    fn register(&self) -> anyhow::Result<report::Client> {
        let redirect_uri = &self.settings.confidential.redirect_uri;
        let redirect_uris = vec![RedirectUrl::new(redirect_uri.clone())?];
        let request = CoreClientRegistrationRequest::new(redirect_uris, EmptyAdditionalClientMetadata::default());
        let endpoint = self.metadata.registration_endpoint().context("no registration endpoint")?;
        let answer = request.register(endpoint, self.http)?;
        Ok(report::Client {
            client_id: answer.client_id().to_string(),
            client_secret: answer.client_secret().map(|secret| secret.secret().clone()),
            redirect_uri: redirect_uri.clone(),
            scope: self.settings.public.scope.clone(),
            ..report::Client::default()
        })
    }

    /// One authorization request, through the pages, and its code redeemed.
    fn sign_in(&self, client: &Client, settings: &report::Client) -> anyhow::Result<SignedIn> {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (address, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(
                settings.scope.split(' ').filter(|scope| *scope != "openid").map(|it| Scope::new(it.to_owned())),
            )
            .add_prompt(CoreAuthPrompt::Consent)
            .set_pkce_challenge(challenge)
            .url();
        let walked = self.browser.authorize(address)?;
        let returned =
            |name: &str| walked.callback.get(name).with_context(|| format!("no {name}: {:?}", walked.callback));
        ensure!(returned("state")? == state.secret(), "another state");
        let code = AuthorizationCode::new(returned("code")?.clone());
        let tokens = client.exchange_code(code)?.set_pkce_verifier(verifier).request(self.http)?;
        Ok(SignedIn { tokens, nonce, pages: walked.pages })
    }

    /// The ID token and its hash of the access token.
    fn validate(&self, client: &Client, tokens: &CoreTokenResponse, nonce: &Nonce) -> anyhow::Result<()> {
        let id_token = tokens.id_token().context("no ID token")?;
        let verifier = client.id_token_verifier();
        let claims: &CoreIdTokenClaims = id_token.claims(&verifier, nonce)?;
        ensure!(claims.subject().as_str() == self.settings.user.subject, "{claims:?}");
        let expected = claims.access_token_hash().context("no at_hash")?;
        let (algorithm, key) = (id_token.signing_alg()?, id_token.signing_key(&verifier)?);
        let is = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)?;
        ensure!(is == *expected, "at_hash is of another access token");
        Ok(())
    }

    fn refresh(&self, before: &CoreTokenResponse) -> anyhow::Result<(CoreTokenResponse, &'static str)> {
        let spent = before.refresh_token().context("no refresh token")?;
        let tokens = self.confidential.exchange_refresh_token(spent)?.request(self.http)?;
        let successor = tokens.refresh_token().context("no refresh token")?;
        ensure!(successor.secret() != spent.secret(), "the refresh token was not rotated");
        let id_token = tokens.id_token().context("no new ID token")?;
        // OpenID Connect Core §12.2: a refreshed ID token has no nonce.
        id_token.claims(&self.confidential.id_token_verifier(), |nonce: Option<&Nonce>| match nonce {
            None => Ok(()),
            Some(_) => Err("a nonce".to_owned()),
        })?;
        Ok((tokens, "`exchange_refresh_token`: a new refresh token and a new ID token"))
    }

    fn check_client_credentials(&self, name: &str, auth_type: AuthType, detail: &'static str) {
        let scope = &self.settings.confidential.machine_scope;
        check(name, || {
            let client = self.confidential.clone().set_auth_type(auth_type);
            let request = client.exchange_client_credentials()?.add_scope(Scope::new(scope.clone()));
            let tokens = request.request(self.http)?;
            ensure!(
                tokens.scopes().is_some_and(|scopes| scopes.iter().any(|it| **it == *scope)),
                "{:?}",
                tokens.scopes()
            );
            ensure!(tokens.refresh_token().is_none(), "a refresh token");
            Ok(((), detail))
        });
    }

    fn check_introspection_and_revocation(&self, tokens: Option<&CoreTokenResponse>) {
        let introspect = |tokens: &CoreTokenResponse| {
            let resource_server = client(self.metadata, &self.settings.resource_server)?;
            anyhow::Ok(resource_server.introspect(tokens.access_token()).request(self.http)?)
        };
        check("introspection", || {
            let answer = introspect(tokens.context("no tokens")?)?;
            ensure!(answer.active() && answer.sub() == Some(&self.settings.user.subject), "{answer:?}");
            Ok(((), "`introspect`"))
        });
        check("device", || {
            let endpoint = self.metadata.additional_metadata().device_authorization_endpoint.clone();
            let client = client(self.metadata, &self.settings.exchange)?.set_device_authorization_url(endpoint);
            let device: CoreDeviceAuthorizationResponse = client.exchange_device_code().request(self.http)?;
            let complete = device.verification_uri_complete().context("no complete address")?;
            let page = self.browser.connect_device(complete.secret())?;
            ensure!(page.contains("Your device is connected"), "{page}");
            let answer = client.exchange_device_access_token(&device)?.request(self.http, std::thread::sleep, None)?;
            ensure!(answer.id_token().is_some(), "no ID token");
            Ok(((), "`exchange_device_code`, `exchange_device_access_token`"))
        });
        check("revocation", || {
            let tokens = tokens.context("no tokens")?;
            let token = CoreRevocableToken::from(tokens.refresh_token().context("no refresh token")?.clone());
            let address = self.confidential.revocation_url().url().as_str().replacen("http:", "https:", 1);
            let client = self.confidential.clone().set_revocation_url(RevocationUrl::new(address)?);
            client.revoke_token(token)?.request(&|request: HttpRequest| self.over_loopback(request))?;
            ensure!(!introspect(tokens)?.active(), "the access token is still active");
            Ok((
                (),
                "`revoke_token` of the refresh token, over https only: the HTTP client is told otherwise; the access \
                 token is inactive after it",
            ))
        });
        check("logout", || {
            let tokens = tokens.context("no tokens")?;
            let back = self.settings.confidential.post_logout_redirect_uri.clone();
            let state = CsrfToken::new_random();
            let address = LogoutRequest::from(self.metadata.additional_metadata().end_session_endpoint.clone())
                .set_id_token_hint(tokens.id_token().context("no ID token")?)
                .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(back.clone())?)
                .set_state(state.clone())
                .http_get_url();
            let location = self.browser.sign_out(address)?;
            ensure!(location == format!("{back}?state={}", state.secret()), "{location}");
            let again = self.sign_in(&self.confidential, &self.settings.confidential)?;
            ensure!(again.pages.first() == Some(&"sign-in"), "pages: {:?}", again.pages);
            Ok(((), "`LogoutRequest`"))
        });
    }

    /// The library revokes over https only. Loopback has none, so a request to it goes as a proxy in front would pass it on.
    fn over_loopback(
        &self,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, <blocking::Client as SyncHttpClient>::Error> {
        if let Ok(address) = request.uri().to_string().replacen("https:", "http:", 1).parse() {
            *request.uri_mut() = address;
        }
        self.http.call(request)
    }
}

/// Fails unless the server refused with this error code.
fn ensure_refused(
    answer: Result<CoreTokenResponse, CoreRequestTokenError<<blocking::Client as SyncHttpClient>::Error>>,
    code: &CoreErrorResponseType,
) -> anyhow::Result<((), &'static str)> {
    match answer {
        Err(RequestTokenError::ServerResponse(refusal)) if refusal.error() == code => {
            Ok(((), "`RequestTokenError::ServerResponse`"))
        }
        other => bail!("should be refused with {code}: {other:?}"),
    }
}
