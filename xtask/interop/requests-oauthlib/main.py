"""requests-oauthlib, and the oauthlib below it, against Grantor, by the calls of their documentation."""

from oauthlib.oauth2 import (
    BackendApplicationClient,
    InvalidClientError,
    InvalidGrantError,
    MismatchingStateError,
    WebApplicationClient,
)
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from browser import Browser, altered
from report import Report, ensure, refused, settings

issuer, user = settings["issuer"], settings["user"]
confidential, public = settings["confidential"], settings["public"]
endpoints = {name: f"{issuer}/oauth/{name}" for name in ("authorize", "token", "userinfo", "revoke", "logout")}

report = Report("requests-oauthlib")
browser = Browser(issuer, user)
session = None
basic = HTTPBasicAuth(confidential["client_id"], confidential["client_secret"])


def authorize(client):
    """One authorization request, through the pages: the session, the callback and the pages."""
    session = OAuth2Session(
        client=WebApplicationClient(client["client_id"]),
        redirect_uri=client["redirect_uri"],
        scope=client["scope"].split(),
        pkce="S256",
    )
    address, _ = session.authorization_url(endpoints["authorize"], prompt="consent")
    callback, pages = browser.authorize(address)
    return session, callback, pages


def client_credentials(**options):
    """A token in the client's own name."""
    client = BackendApplicationClient(confidential["client_id"], scope=[confidential["machine_scope"]])
    answer = OAuth2Session(client=client).fetch_token(endpoints["token"], **options)
    ensure(answer["scope"] == [confidential["machine_scope"]] and "refresh_token" not in answer, answer)


report.not_offered("discovery", "endpoints are given by hand")


@report.check("code-confidential")
def code_confidential():
    global session
    session, callback, pages = authorize(confidential)
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    tokens = session.fetch_token(endpoints["token"], authorization_response=callback, auth=basic)
    ensure(tokens["refresh_token"] and tokens["expires_in"] > 0, "no refresh token or no lifetime")
    return '`authorization_url`, `fetch_token`, `pkce="S256"`'


@report.check("code-public")
def code_public():
    session, callback, _ = authorize(public)
    tokens = session.fetch_token(endpoints["token"], authorization_response=callback, include_client_id=True)
    ensure(tokens["access_token"], "no access token")
    return "`include_client_id=True`"


report.not_offered("registration", "`client_id` is given by hand")
report.not_offered("request-object", "no such call")


@report.check("state")
def state():
    session, callback, _ = authorize(confidential)
    another, _, _ = authorize(confidential)
    redeem = {"authorization_response": callback, "auth": basic}
    refused(MismatchingStateError, "state", lambda: another.fetch_token(endpoints["token"], **redeem))
    session.fetch_token(endpoints["token"], **redeem)
    return "`authorization_response`"


report.not_offered("issuer-parameter", "the callback is read for `code` and `state` alone")
report.not_offered("id-token", "handed on as it came; OpenID Connect is in the provider part of oauthlib only")
report.not_offered("wrong-nonce", "no ID token validation")
report.not_offered("access-token", "opaque to it; what a resource server does is in the provider part of oauthlib")


@report.check("userinfo")
def userinfo():
    answer = session.get(endpoints["userinfo"])
    ensure(answer.status_code == 200 and answer.json()["email"] == user["email"], answer.text)
    return "`get`, as any protected resource"


@report.check("refresh")
def refresh():
    before = session.token
    tokens = session.refresh_token(endpoints["token"], auth=basic)
    ensure(tokens["refresh_token"] != before["refresh_token"], "the refresh token was not rotated")
    ensure(tokens["id_token"] != before["id_token"], "no new ID token")
    return "`refresh_token`: a new refresh token and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    unknown = OAuth2Session(confidential["client_id"], token={"refresh_token": "no refresh token"})
    refused(InvalidGrantError, "invalid_grant", lambda: unknown.refresh_token(endpoints["token"], auth=basic))
    return "`InvalidGrantError` of oauthlib"


@report.check("invalid-client")
def invalid_client():
    wrong = HTTPBasicAuth(confidential["client_id"], "another secret")
    refused(InvalidClientError, "invalid_client", lambda: client_credentials(auth=wrong))
    return "`InvalidClientError` of oauthlib"


@report.check("secret-basic")
def secret_basic():
    client_credentials(auth=basic)
    return "`BackendApplicationClient`, `auth`"


@report.check("secret-post")
def secret_post():
    client_credentials(client_secret=confidential["client_secret"], include_client_id=True)
    return "`BackendApplicationClient`, `include_client_id=True`"


report.not_offered("private-key-jwt", "`ServiceApplicationClient` is the JWT bearer grant, not client authentication")
report.not_offered("token-exchange", "no such client, and `fetch_token` takes no grant type")
report.not_offered("introspection", "in the provider part of oauthlib only")


@report.check("revocation")
def revocation():
    prepare = WebApplicationClient(confidential["client_id"]).prepare_token_revocation_request
    refresh_token = session.token["refresh_token"]
    address, headers, body = prepare(endpoints["revoke"], refresh_token, token_type_hint="refresh_token")
    answer = session.post(address, data=body, headers=headers, auth=basic, withhold_token=True)
    ensure(answer.status_code == 200, answer.text)
    ensure(session.get(endpoints["userinfo"]).status_code == 401, "the access token still works")
    return "`prepare_token_revocation_request` of oauthlib, for the refresh token; UserInfo refuses the access token after it"


report.not_offered("device", "oauthlib prepares the requests in `DeviceClient`, but no session sends them")


@report.by_application("logout")
def logout():
    address = altered(
        endpoints["logout"],
        id_token_hint=session.token["id_token"],
        post_logout_redirect_uri=confidential["post_logout_redirect_uri"],
        state="signed-out",
    )
    back = browser.sign_out(address)
    ensure(back == f"{confidential['post_logout_redirect_uri']}?state=signed-out", back)
    _, _, pages = authorize(confidential)
    ensure(pages[0] == "sign-in", pages)
    return "a redirect to the end session endpoint, which is given by hand as the others are; the library is for OAuth 2.0"
