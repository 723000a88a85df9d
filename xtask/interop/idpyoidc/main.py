"""idpyoidc against Grantor, by the calls of its documentation: `RPHandler` signs people in, its services do the rest."""

import json
import logging
from urllib.parse import parse_qsl, urlsplit

from cryptojwt import KeyJar
from idpyoidc.client.exception import OidcServiceError
from idpyoidc.client.rp_handler import RPHandler
from idpyoidc.exception import VerificationError

from browser import Browser, altered
from report import Report, ensure, refused, settings

issuer, user = settings["issuer"], settings["user"]
confidential, public, machine = settings["confidential"], settings["public"], settings["machine"]
exchange, resource_server = settings["exchange"], settings["resource_server"]
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
SERVICES = (
    "oidc.provider_info_discovery.ProviderInfoDiscovery",
    "oidc.registration.Registration",
    "oidc.read_registration.RegistrationRead",
    "oidc.authorization.Authorization",
    "oidc.access_token.AccessToken",
    "oidc.refresh_access_token.RefreshAccessToken",
    "oidc.userinfo.UserInfo",
    "oidc.end_session.EndSession",
    "oauth2.client_credentials.CCAccessTokenRequest",
    "oauth2.token_exchange.TokenExchange",
    "oauth2.introspection.Introspection",
    "oauth2.token_revocation.TokenRevocation",
)
PKCE = {
    "function": "idpyoidc.client.oauth2.add_on.pkce.add_support",
    "kwargs": {"code_challenge_length": 64, "code_challenge_method": "S256"},
}
JAR = {
    "function": "idpyoidc.client.oauth2.add_on.jar.add_support",
    "kwargs": {"request_object_signing_alg": "ES256"},
}
# What registers itself. It names an algorithm for request objects whether it sends any or not, and that takes a key.
UNREGISTERED = {"redirect_uri": confidential["redirect_uri"], "scope": "openid"}
KEYS = {"key_defs": [{"type": "RSA", "use": ["sig"]}, {"type": "EC", "crv": "P-256", "use": ["sig"]}]}

# Whatever it refuses it also logs.
logging.disable()
report = Report("idpyoidc")
browser = Browser(issuer, user)
handler = None
tokens = None


def relying_party(client, keys=None, **changes):
    """A handler with this client, which registers itself unless it has an id, and the server's metadata."""
    services = {name: {"class": f"idpyoidc.client.{name}"} for name in SERVICES}
    methods = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
    if "client_id" in client and "client_secret" not in client and not keys:
        # Told of no method, the service would still show a secret.
        services["oidc.access_token.AccessToken"]["kwargs"] = {"default_authn_method": ""}
        methods = []
    configuration = {
        "client_type": "oidc",
        "issuer": issuer,
        "redirect_uris": [client["redirect_uri"]] if "redirect_uri" in client else [],
        "scopes_supported": client.get("scope", "").split(),
        "client_authn_methods": methods,
        "token_endpoint_auth_methods_supported": methods[:1],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "services": services,
        "add_ons": {"pkce": PKCE},
        **changes,
    }
    if "client_id" in client:
        configuration["client_id"] = client["client_id"]
    made = RPHandler(client_configs={issuer: configuration}, keyjar=keys or KeyJar())
    if "client_id" not in client:
        # By itself it names no scope, gets those that the server gives to anybody, and takes no more than `openid`.
        registering = made.issuer2rp[issuer] = made.init_client(issuer)
        made.do_provider_info(registering)
        made.do_client_registration(registering, request_args={"scope": client["scope"]})
    context = made.client_setup(issuer).get_context()
    if "client_secret" in client:
        # In its configuration it takes none below 16 octets, as if to sign with it, and the demo's are shorter.
        context.set_usage("client_secret", client["client_secret"])
    return made


def authorize(handler, **changes):
    """One authorization request, through the pages: the callback and the pages."""
    address = handler.begin(issuer, req_args={"prompt": "consent"})
    return browser.authorize(altered(address, **changes))


def call_back(handler, callback):
    """The application's view behind its redirect URI."""
    return handler.finalize(issuer, dict(parse_qsl(urlsplit(callback).query)))


def request(handler, service, authentication="client_secret_basic", **options):
    """One request of a service, to the endpoint that the metadata names."""
    return handler.issuer2rp[issuer].do_request(service, authn_method=authentication, **options)


def client_credentials(method):
    """A token in the client's own name, with its secret sent by this method."""
    answer = request(handler, "client_credentials", method, request_args={"scope": confidential["machine_scope"]})
    ensure(answer["scope"] == [confidential["machine_scope"]] and "refresh_token" not in answer, answer)
    return f'`CCAccessTokenRequest`, `authn_method="{method}"`'


def introspect(token):
    """What the resource server is told of a token."""
    return request(relying_party(resource_server), "introspection", request_args={"token": token})


@report.check("discovery")
def discovery():
    global handler
    handler = relying_party(confidential)
    metadata = handler.issuer2rp[issuer].get_context().provider_info
    ensure(metadata["issuer"] == issuer and "S256" in metadata["code_challenge_methods_supported"], metadata)
    return "`client_setup`, `ProviderInfoDiscovery`"


@report.check("code-confidential")
def code_confidential():
    global tokens
    callback, pages = authorize(handler)
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    state = call_back(handler, callback)["state"]
    tokens = handler.get_session_information(state)
    ensure(tokens["refresh_token"] and tokens["expires_in"] > 0, "no refresh token or no lifetime")
    ensure(handler.get_valid_access_token(state)[0] == tokens["access_token"], "no valid access token")
    return "`begin`, `finalize` of its `RPHandler`, with its add-on for PKCE"


@report.check("code-public")
def code_public():
    spa = relying_party(public)
    callback, _ = authorize(spa)
    ensure(call_back(spa, callback)["id_token"]["sub"] == user["subject"], "no ID token")
    return '`default_authn_method=""`, as it has no method `none`'


@report.check("registration")
def registration():
    registered = relying_party(UNREGISTERED, key_conf=KEYS)
    callback, _ = authorize(registered)
    ensure(call_back(registered, callback)["id_token"]["sub"] == user["subject"], "no ID token")
    answer = request(registered, "registration_read")
    context = registered.issuer2rp[issuer].get_context()
    ensure(answer["client_id"] == context.get_client_id(), answer)
    return "`do_client_registration` with `openid` as its scope, `RegistrationRead`; no service deletes the client"


@report.check("request-object")
def request_object():
    signing = relying_party(
        UNREGISTERED,
        key_conf=KEYS,
        request_object_signing_alg_values_supported=["ES256"],
        add_ons={"pkce": PKCE, "jar": JAR},
    )
    callback, _ = authorize(signing)
    ensure(call_back(signing, callback)["id_token"]["sub"] == user["subject"], "no ID token")
    return "`jar.add_support`, its add-on; `request_method` without it names another `aud`"


@report.check("state")
def state():
    callback, _ = authorize(handler)
    refused(KeyError, "state", lambda: call_back(handler, altered(callback, state="another")))
    ensure("error" not in call_back(handler, callback), "the right state is refused")
    return "`finalize` knows each state that it made"


@report.check("issuer-parameter")
def issuer_parameter():
    callback, _ = authorize(handler)
    foreign = altered(callback, iss="https://other.example")
    refused(VerificationError, "Issuer mismatch", lambda: call_back(handler, foreign))
    ensure("error" not in call_back(handler, altered(callback, iss=None)), "a missing one is refused")
    return "`finalize`; a missing one is taken"


@report.check("id-token")
def id_token():
    claims = tokens["__verified_id_token"]
    ensure(claims["sub"] == user["subject"] and claims["aud"] == [confidential["client_id"]], claims)
    return "`finalize`: signature, `iss`, `aud`, `exp`, `iat`, `nonce`"


@report.check("wrong-nonce")
def wrong_nonce():
    callback, _ = authorize(handler, nonce="another")
    refused(ValueError, "nonce", lambda: call_back(handler, callback))
    return "`finalize` knows each nonce that it made"


report.not_offered("access-token", "in its server part only; `JWTAccessToken` names the claims and checks none")


@report.check("userinfo")
def userinfo():
    claims = handler.get_user_info(tokens["state"])
    ensure((claims["sub"], claims["email"]) == (user["subject"], user["email"]), claims)
    return "`get_user_info`, also within `finalize`, with the expected `sub`"


@report.check("refresh")
def refresh():
    before = dict(tokens)
    answer = handler.refresh_access_token(before["state"])
    ensure(answer["refresh_token"] != before["refresh_token"], "the refresh token was not rotated")
    claims = answer["__verified_id_token"]
    ensure(claims["sub"] == user["subject"] and answer["id_token"] != before["id_token"], "no new ID token")
    return "`refresh_access_token`: a new refresh token and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    client = handler.issuer2rp[issuer]
    state = client.get_context().cstate.create_state(iss=issuer, refresh_token="no refresh token")
    refused(OidcServiceError, "invalid_grant", lambda: handler.refresh_access_token(state))
    return "`OidcServiceError`"


@report.check("invalid-client")
def invalid_client():
    wrong = relying_party(confidential | {"client_secret": "another secret"})
    callback, _ = authorize(wrong)
    refused(OidcServiceError, "invalid_client", lambda: call_back(wrong, callback))
    return "`OidcServiceError`"


@report.check("secret-basic")
def secret_basic():
    return client_credentials("client_secret_basic")


@report.check("secret-post")
def secret_post():
    return client_credentials("client_secret_post")


@report.check("private-key-jwt")
def private_key_jwt():
    keys = KeyJar()
    with open(machine["key_file"], encoding="utf-8") as file:
        keys.import_jwks({"keys": [json.load(file)]}, "")
    answer = request(relying_party(machine, keys), "client_credentials", "private_key_jwt")
    ensure(answer.get("access_token"), answer)
    return '`authn_method="private_key_jwt"`'


@report.check("token-exchange")
def token_exchange():
    exchanging = relying_party(exchange)
    callback, _ = authorize(exchanging)
    subject = call_back(exchanging, callback)["token"]
    asked = {"subject_token": subject, "subject_token_type": ACCESS_TOKEN, "audience": [exchange["audience"]]}
    answer = request(exchanging, "token_exchange", request_args={"grant_type": TOKEN_EXCHANGE, **asked})
    ensure(answer.get("issued_token_type") == ACCESS_TOKEN and answer["access_token"] != subject, answer)
    return "`TokenExchange`"


report.not_offered("device", "the messages only: no service sends them")


@report.check("introspection")
def introspection():
    answer = introspect(tokens["access_token"])
    ensure(answer["active"] and answer["sub"] == user["subject"], answer)
    return "`Introspection`"


@report.check("revocation")
def revocation():
    # It takes no empty answer, as the server's is by RFC 7009, unless it is told that this is a page.
    asked = {"token": tokens["refresh_token"], "token_type_hint": "refresh_token"}
    answer = request(handler, "token_revocation", request_args=asked, response_body_type="html")
    ensure("error" not in answer, answer)
    ensure(introspect(tokens["access_token"])["active"] is False, "the access token is still active")
    return "`TokenRevocation` of the refresh token; the access token is inactive after it"


@report.check("logout")
def logout():
    asked = handler.logout(tokens["state"], post_logout_redirect_uri=confidential["post_logout_redirect_uri"])
    back = browser.sign_out(asked["url"])
    expected = f"{confidential['post_logout_redirect_uri']}?state={asked['request']['state']}"
    ensure(back == expected, back)
    _, pages = authorize(handler)
    ensure(pages[0] == "sign-in", pages)
    return "`logout`"
