"""mozilla-django-oidc against Grantor, by its documentation: an application of one page, run in process."""

import logging
from urllib.parse import urlsplit

import django
from django.conf import settings as configuration
from django.contrib.auth.decorators import login_required
from django.core.management import call_command
from django.http import JsonResponse
from django.test import Client, override_settings
from django.urls import include, path
from requests import HTTPError

from browser import Browser, altered
from report import Report, ensure, refused, settings

issuer, user = settings["issuer"], settings["user"]
confidential, public = settings["confidential"], settings["public"]

configuration.configure(
    # Its error pages say what was refused.
    DEBUG=True,
    ROOT_URLCONF=__name__,
    SECRET_KEY="only for the sessions of this one run",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "mozilla_django_oidc",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "mozilla_django_oidc.middleware.SessionRefresh",
    ],
    AUTHENTICATION_BACKENDS=[f"{__name__}.Backend"],
    LOGIN_URL="/sign-in",
    LOGOUT_REDIRECT_URL="/",
    OIDC_AUTHENTICATION_CALLBACK_URL="confidential",
    # The session refresh must let the callback through.
    OIDC_EXEMPT_URLS=["confidential"],
    OIDC_OP_AUTHORIZATION_ENDPOINT=f"{issuer}/oauth/authorize",
    OIDC_OP_TOKEN_ENDPOINT=f"{issuer}/oauth/token",
    OIDC_OP_USER_ENDPOINT=f"{issuer}/oauth/userinfo",
    OIDC_OP_JWKS_ENDPOINT=f"{issuer}/oauth/jwks",
    OIDC_OP_LOGOUT_URL_METHOD=f"{__name__}.logout_address",
    OIDC_RP_CLIENT_ID=confidential["client_id"],
    OIDC_RP_CLIENT_SECRET=confidential["client_secret"],
    OIDC_RP_SCOPES=confidential["scope"],
    OIDC_RP_SIGN_ALGO="RS256",
    OIDC_USE_PKCE=True,
    OIDC_STORE_ACCESS_TOKEN=True,
    OIDC_STORE_ID_TOKEN=True,
)
django.setup()
call_command("migrate", verbosity=0)
# Whatever it refuses it also logs.
logging.disable()

# These wait for the settings.
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView, OIDCAuthenticationRequestView


class Backend(OIDCAuthenticationBackend):
    """Knows people by their subject, not by their email address, which not every client sees, and can refresh."""

    def get_token(self, payload):
        """Keeps the refresh token beside what `store_tokens` keeps."""
        tokens = super().get_token(payload)
        self.request.session["oidc_refresh_token"] = tokens.get("refresh_token")
        return tokens

    def refresh(self, request):
        """Gets the visitor new tokens, and gives what UserInfo says to the access token."""
        self.request = request
        payload = {
            "client_id": self.OIDC_RP_CLIENT_ID,
            "client_secret": self.OIDC_RP_CLIENT_SECRET,
            "grant_type": "refresh_token",
            "refresh_token": request.session["oidc_refresh_token"],
        }
        tokens = self.get_token(payload)
        access_token, id_token = tokens["access_token"], tokens["id_token"]
        claims = self.verify_token(id_token)
        self.store_tokens(access_token, id_token)
        return self.get_userinfo(access_token, id_token, claims)

    def filter_users_by_claims(self, claims):
        return self.UserModel.objects.filter(username=claims["sub"])

    def get_username(self, claims):
        return claims["sub"]


class SignIn(OIDCAuthenticationRequestView):
    """Asks for the consent page each time; the setting for such parameters would change the session refresh too."""

    def get_extra_params(self, request):
        return {"prompt": "consent"}


@login_required
def page(request):
    """Says whom the application takes the visitor for."""
    return JsonResponse({"username": request.user.username, "email": request.user.email})


@login_required
def refresh_page(request):
    """Refreshes the visitor's tokens."""
    return JsonResponse(Backend().refresh(request))


def logout_address(request):
    """Where the application sends a person whom it has signed out."""
    return altered(
        f"{issuer}/oauth/logout",
        id_token_hint=request.session["oidc_id_token"],
        post_logout_redirect_uri=confidential["post_logout_redirect_uri"],
        state="signed-out",
    )


def callback_path(name):
    """Where a client is called back, without the slash at the start."""
    return urlsplit(settings[name]["redirect_uri"]).path[1:]


urlpatterns = [
    path("", page),
    path("refresh", refresh_page),
    path("sign-in", SignIn.as_view()),
    path("oidc/", include("mozilla_django_oidc.urls")),
    path(callback_path("confidential"), OIDCAuthenticationCallbackView.as_view(), name="confidential"),
    path(callback_path("public"), OIDCAuthenticationCallbackView.as_view(), name="public"),
]

report = Report("mozilla-django-oidc")
browser = Browser(issuer, user)


def new_visitor(client):
    """A person before the application, which is where the client is called back."""
    return Client(headers={"host": urlsplit(client["redirect_uri"]).netloc})


def authorize(visitor, **changes):
    """One authorization request, through the pages: the callback and the pages."""
    address = visitor.get("/sign-in?next=/").headers["location"]
    ensure("code_challenge_method=S256" in address, address)
    return browser.authorize(altered(address, **changes))


def call_back(visitor, callback):
    """Opens the callback, and gives whom the application takes the visitor for."""
    answer = visitor.get(callback)
    ensure(answer.status_code == 302 and answer.headers["location"] == "/", answer)
    return visitor.get("/").json()


def refuses(visitor, callback, word):
    """Fails unless the application refuses the callback and says `word`."""
    answer = visitor.get(callback, headers={"accept": "text/plain"})
    ensure(answer.status_code == 400 and word in answer.content.decode(), answer)


def renew():
    """Lets the ID token expire: the application asks for another, and nobody sees a page."""
    before = visitor.session["oidc_id_token"]
    session = visitor.session
    session["oidc_id_token_expiration"] = 0
    session.save()
    address = visitor.get("/").headers["location"]
    callback, pages = browser.authorize(address)
    ensure("prompt=none" in address and not pages, f"{address}, pages: {pages}")
    ensure(call_back(visitor, callback) == person, "another person")
    ensure(visitor.session["oidc_id_token"] != before, "no new ID token")


visitor = new_visitor(confidential)
person = {}

report.not_offered("discovery", "endpoints are given by hand, as settings")


@report.check("code-confidential")
def code_confidential():
    global person
    callback, pages = authorize(visitor)
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    person = call_back(visitor, callback)
    ensure(person["username"] == user["subject"], person)
    ensure(visitor.session["oidc_access_token"], "no access token")
    renew()
    return "its views, `OIDC_USE_PKCE`, then `SessionRefresh` by `prompt=none`"


@report.check("code-public")
def code_public():
    application = {
        "OIDC_RP_CLIENT_ID": public["client_id"],
        "OIDC_RP_CLIENT_SECRET": None,
        "OIDC_RP_SCOPES": public["scope"],
        "OIDC_AUTHENTICATION_CALLBACK_URL": "public",
    }
    with override_settings(**application):
        visitor = new_visitor(public)
        callback, _ = authorize(visitor)
        ensure(call_back(visitor, callback)["username"] == user["subject"], "another person")
    return "`OIDC_RP_CLIENT_SECRET=None`"


report.not_offered("registration", "`OIDC_RP_CLIENT_ID` is required")
report.not_offered("request-object", "no such setting")


@report.check("state")
def state():
    visitor = new_visitor(confidential)
    callback, _ = authorize(visitor)
    refuses(visitor, altered(callback, state="another"), "state not found")
    call_back(visitor, callback)
    return "`OIDCAuthenticationCallbackView`: kept in the visitor's session"


report.not_offered("issuer-parameter", "the callback is read for `code` and `state` alone")
report.not_offered("id-token", "`verify_token` verifies signature, `exp` and `nonce`, but neither `iss` nor `aud`")


@report.check("wrong-nonce")
def wrong_nonce():
    visitor = new_visitor(confidential)
    callback, _ = authorize(visitor, nonce="another")
    refuses(visitor, callback, "Nonce verification failed")
    return "`OIDCAuthenticationBackend.verify_token`"


report.not_offered("access-token", "opaque to it: its part for Django REST framework asks UserInfo with it")


@report.check("userinfo")
def userinfo():
    ensure(person["email"] == user["email"], person)
    return "`OIDCAuthenticationBackend.get_userinfo`, within the callback"


@report.check("refresh")
def refresh():
    before = dict(visitor.session)
    claims = visitor.get("/refresh").json()
    after = dict(visitor.session)
    ensure((claims["sub"], claims["email"]) == (user["subject"], user["email"]), claims)
    for token in ("oidc_refresh_token", "oidc_access_token", "oidc_id_token"):
        ensure(after[token] and after[token] != before[token], f"no new {token}")
    return "`OIDCAuthenticationBackend.get_token`, by a subclass that keeps the refresh token: a new one and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    visitor = new_visitor(confidential)
    callback, _ = authorize(visitor)
    call_back(visitor, callback)
    session = visitor.session
    session["oidc_refresh_token"] = "no refresh token"
    session.save()
    refused(HTTPError, "invalid_grant", lambda: visitor.get("/refresh"))
    return "`HTTPError` of requests, with the answer in its text"


@report.check("invalid-client")
def invalid_client():
    visitor = new_visitor(confidential)
    callback, _ = authorize(visitor)
    with override_settings(OIDC_RP_CLIENT_SECRET="another secret"):
        refused(HTTPError, "invalid_client", lambda: visitor.get(callback))
    return "`HTTPError` of requests, with the answer in its text"


report.not_offered("secret-basic", "no client credentials grant; `OIDC_TOKEN_USE_BASIC_AUTH` is for the code")
report.not_offered("secret-post", "no client credentials grant; its default for the code")
report.not_offered("private-key-jwt", "it shows a secret")
report.not_offered("token-exchange", "no such grant")
report.not_offered("device", "no such grant")
report.not_offered("introspection", "no such call")
report.not_offered("revocation", "no such call")


@report.check("logout")
def logout():
    back = browser.sign_out(visitor.post("/oidc/logout/").headers["location"])
    ensure(back == f"{confidential['post_logout_redirect_uri']}?state=signed-out", back)
    ensure(visitor.get("/").status_code == 302, "the application still knows the visitor")
    _, pages = authorize(visitor)
    ensure(pages[0] == "sign-in", pages)
    return "`OIDCLogoutView`, with the address by `OIDC_OP_LOGOUT_URL_METHOD`"
