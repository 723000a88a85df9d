"""Authlib against Grantor, by the calls of its documentation: the Flask client signs people in, `OAuth2Session` does the rest."""

import json

from authlib.integrations.base_client.errors import MismatchingStateError, OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc6750 import InvalidTokenError
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from flask import Flask, session
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from browser import Browser
from report import Report, ensure, refused, settings

issuer, user = settings["issuer"], settings["user"]
confidential, public, machine = settings["confidential"], settings["public"], settings["machine"]
exchange, resource_server = settings["exchange"], settings["resource_server"]
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"

report = Report("Authlib")
browser = Browser(issuer, user)
application = Flask("interop")
application.secret_key = "only for the state of this one run"
oauth = OAuth(application)
clients = {}
tokens = None
for name, client in {"confidential": confidential, "public": public, "exchange": exchange}.items():
    clients[name] = oauth.register(
        name=name,
        client_id=client["client_id"],
        client_secret=client.get("client_secret"),
        server_metadata_url=get_well_known_url(issuer, external=True),
        client_kwargs={"scope": client["scope"], "code_challenge_method": "S256"},
    )


def authorize(name):
    """One authorization request of a client, through the pages: the callback, the pages and the visitor's session."""
    with application.test_request_context():
        redirect = clients[name].authorize_redirect(settings[name]["redirect_uri"], prompt="consent")
        visitor = dict(session)
    callback, pages = browser.authorize(redirect.location)
    return callback, pages, visitor


def call_back(name, callback, visitor):
    """The application's view behind its redirect URI."""
    with application.test_request_context(callback):
        session.update(visitor)
        return clients[name].authorize_access_token()


def service(client, method="client_secret_basic", **options):
    """A session that asks for tokens in the client's own name."""
    secret = options.pop("secret", client.get("client_secret"))
    return OAuth2Session(client["client_id"], secret, token_endpoint_auth_method=method, **options)


def endpoint(name):
    """An endpoint as the server's metadata names it."""
    return clients["confidential"].load_server_metadata()[name]


def client_credentials(method):
    """A token in the client's own name, with its secret sent by this method."""
    asking = service(confidential, method, scope=confidential["machine_scope"])
    answer = asking.fetch_token(endpoint("token_endpoint"), grant_type="client_credentials")
    ensure(answer["scope"] == confidential["machine_scope"] and "refresh_token" not in answer, answer)
    return f'`token_endpoint_auth_method="{method}"`'


def introspect(token):
    """What the resource server is told of a token."""
    return service(resource_server).introspect_token(endpoint("introspection_endpoint"), token=token).json()


@report.check("discovery")
def discovery():
    metadata = OpenIDProviderMetadata(clients["confidential"].load_server_metadata())
    metadata.validate()
    ensure(metadata["issuer"] == issuer, metadata["issuer"])
    return "`server_metadata_url`, `OpenIDProviderMetadata.validate`"


@report.check("code-confidential")
def code_confidential():
    global tokens
    callback, pages, visitor = authorize("confidential")
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    tokens = call_back("confidential", callback, visitor)
    ensure(tokens["refresh_token"] and not tokens.is_expired(), "no refresh token or no lifetime")
    return "`authorize_redirect`, `authorize_access_token` of its Flask client"


@report.check("code-public")
def code_public():
    callback, _, visitor = authorize("public")
    ensure(call_back("public", callback, visitor)["userinfo"]["sub"] == user["subject"], "no ID token")
    return "without `client_secret`"


report.not_offered("registration", "in its server only")
report.not_offered("request-object", "in its server only: no client signs one")


@report.check("state")
def state():
    callback, _, visitor = authorize("confidential")
    _, _, another = authorize("confidential")
    refused(MismatchingStateError, "state", lambda: call_back("confidential", callback, another))
    call_back("confidential", callback, visitor)
    return "kept in the visitor's session"


report.not_offered("issuer-parameter", "its clients read `code` and `state` alone; RFC 9207 is in its server only")


@report.check("id-token")
def id_token():
    claims = tokens["userinfo"]
    ensure(claims["sub"] == user["subject"] and claims["aud"] == confidential["client_id"], claims)
    return "`parse_id_token`: signature, `iss`, `aud`, `exp`, `nonce`, `at_hash`"


@report.check("wrong-nonce")
def wrong_nonce():
    with application.test_request_context():
        parse = clients["confidential"].parse_id_token
        ensure(parse(tokens, nonce=tokens["userinfo"]["nonce"]), "the right nonce is refused")
        refused(JoseError, "nonce", lambda: parse(tokens, nonce="another"))
    return "`parse_id_token`"


class AccessTokenValidator(JWTBearerTokenValidator):
    """A resource server's, with the server's keys."""

    def get_jwks(self):
        return KeySet.import_key_set(clients["confidential"].fetch_jwk_set())


@report.check("access-token")
def access_token():
    validator = AccessTokenValidator(issuer, resource_server=issuer)
    claims = validator.authenticate_token(tokens["access_token"])
    validator.validate_token(claims, scopes=["profile"], request=None)
    ensure((claims["sub"], claims["client_id"]) == (user["subject"], confidential["client_id"]), claims)
    another = AccessTokenValidator(issuer, resource_server="https://other.example")
    claims = another.authenticate_token(tokens["access_token"])
    refused(InvalidTokenError, "invalid_token", lambda: another.validate_token(claims, scopes=None, request=None))
    return "`JWTBearerTokenValidator`"


@report.check("userinfo")
def userinfo():
    with application.test_request_context():
        claims = clients["confidential"].userinfo(token=tokens)
    ensure((claims.sub, claims.email) == (user["subject"], user["email"]), claims)
    return "`userinfo`"


@report.check("refresh")
def refresh():
    global tokens
    before = tokens
    tokens = service(confidential, token=before).refresh_token(endpoint("token_endpoint"))
    ensure(tokens["refresh_token"] != before["refresh_token"], "the refresh token was not rotated")
    with application.test_request_context():
        claims = clients["confidential"].parse_id_token(tokens, nonce=None)
    ensure(claims["sub"] == user["subject"] and tokens["id_token"] != before["id_token"], "no new ID token")
    return "`refresh_token`: a new refresh token and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    asking = service(confidential, token={"refresh_token": "no refresh token"})
    refused(OAuthError, "invalid_grant", lambda: asking.refresh_token(endpoint("token_endpoint")))
    return "`OAuthError`"


@report.check("invalid-client")
def invalid_client():
    asking = service(confidential, secret="another secret")
    refused(OAuthError, "invalid_client", lambda: asking.fetch_token(endpoint("token_endpoint")))
    return "`OAuthError`"


@report.check("secret-basic")
def secret_basic():
    return client_credentials("client_secret_basic")


@report.check("secret-post")
def secret_post():
    return client_credentials("client_secret_post")


@report.check("private-key-jwt")
def private_key_jwt():
    with open(machine["key_file"], encoding="utf-8") as file:
        key = ECKey.import_key(json.load(file))
    asking = service(machine, "private_key_jwt", secret=key)
    asking.register_client_auth_method(PrivateKeyJWT(endpoint("token_endpoint"), alg="ES256"))
    ensure(asking.fetch_token(endpoint("token_endpoint"), grant_type="client_credentials")["access_token"], "no token")
    return "`PrivateKeyJWT`"


@report.check("token-exchange")
def token_exchange():
    callback, _, visitor = authorize("exchange")
    subject = call_back("exchange", callback, visitor)
    answer = service(exchange).fetch_token(
        endpoint("token_endpoint"),
        grant_type=TOKEN_EXCHANGE,
        subject_token=subject["access_token"],
        subject_token_type=ACCESS_TOKEN,
        audience=exchange["audience"],
    )
    ensure(answer["issued_token_type"] == ACCESS_TOKEN and answer["access_token"] != subject["access_token"], answer)
    return "`fetch_token` with its `grant_type`, its call for other grants"


report.not_offered("device", "for providers only: no client asks the device authorization endpoint")


@report.check("introspection")
def introspection():
    answer = introspect(tokens["access_token"])
    ensure(answer["active"] and answer["sub"] == user["subject"], answer)
    return "`introspect_token`"


@report.check("revocation")
def revocation():
    answer = service(confidential).revoke_token(endpoint("revocation_endpoint"), token=tokens["refresh_token"])
    ensure(answer.status_code == 200, answer.text)
    ensure(introspect(tokens["access_token"]) == {"active": False}, "the access token is still active")
    return "`revoke_token` of the refresh token; the access token is inactive after it"


@report.check("logout")
def logout():
    with application.test_request_context():
        redirect = clients["confidential"].logout_redirect(
            confidential["post_logout_redirect_uri"], id_token_hint=tokens["id_token"]
        )
    back = browser.sign_out(redirect.location)
    ensure(back.startswith(confidential["post_logout_redirect_uri"] + "?state="), back)
    _, pages, _ = authorize("confidential")
    ensure(pages[0] == "sign-in", pages)
    return "`logout_redirect`"
