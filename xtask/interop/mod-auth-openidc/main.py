"""mod_auth_openidc, in Apache, against Grantor, by the directives of its documentation."""

import atexit
import base64
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests

from browser import Browser, altered
from report import Report, ensure, settings

issuer, user, resource_server = settings["issuer"], settings["user"], settings["resource_server"]
confidential, public = settings["confidential"], settings["public"]
METADATA = f"{issuer}/.well-known/openid-configuration"
MODULES = ["mpm_event", "authn_core", "authz_core", "authz_user", "dir", "headers", "auth_openidc"]
# Signed with the client's secret. What may be left out of the query is in the object alone.
REQUEST_OBJECT = {
    "crypto": {"sign_alg": "HS256"},
    "copy_from_request": ["client_id", "response_type"],
    "copy_and_remove_from_request": [
        "scope",
        "redirect_uri",
        "state",
        "nonce",
        "prompt",
        "code_challenge",
        "code_challenge_method",
    ],
    "request_object_type": "request",
}
# By itself it would name its own address, which is refused unless it is https.
REGISTRATION = {"initiate_login_uri": "https://127.0.0.1/"}
# What the page says of its visitor, in headers: what the module tells it, by these variables.
TOLD = {
    "subject": "OIDC_CLAIM_sub",
    "email": "OIDC_CLAIM_email",
    "access-token": "OIDC_access_token",
    "expires": "OIDC_access_token_expires",
    "id-token": "OIDC_id_token",
    "refresh-token": "OIDC_refresh_token",
}


def quoted(value):
    """JSON as Apache's configuration takes it."""
    return json.dumps(json.dumps(value))


class Site:
    """A host of Apache on a free port of loopback."""

    def __init__(self, directives, page):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.directives = directives
        self.page = page

    def lines(self):
        """Its part of the configuration."""
        yield f"Listen 127.0.0.1:{self.port}"
        yield f"<VirtualHost 127.0.0.1:{self.port}>"
        yield from self.directives
        yield from ("<Location />", *self.page, "Require valid-user", "</Location>")
        yield "</VirtualHost>"


class SignIn(Site):
    """A site that people sign in to, by this client, or by one that it registers."""

    def __init__(self, client, *directives):
        super().__init__([], ["AuthType openid-connect", "OIDCPassRefreshToken On"])
        # Where the server calls the client back, but for the port, which is any free one.
        self.callback = self.address + urlsplit(client["redirect_uri"]).path
        if "client_id" in client:
            directives = [f"OIDCProviderMetadataURL {METADATA}", f"OIDCClientID {client['client_id']}", *directives]
        self.directives = [
            *directives,
            f"OIDCRedirectURI {self.callback}",
            f'OIDCScope "{client["scope"]}"',
            "OIDCAuthRequestParams prompt=consent",
            "OIDCPKCEMethod S256",
            "OIDCPassIDTokenAs claims serialized",
            f"OIDCCryptoPassphrase {secrets.token_hex(16)}",
        ]


class Apache:
    """Apache with these sites, as long as this program runs."""

    def __init__(self, *sites):
        self.directory = Path(tempfile.mkdtemp())
        atexit.register(shutil.rmtree, self.directory)
        configuration = self.directory / "apache.conf"
        configuration.write_text("\n".join(self.lines(sites)), encoding="utf-8")
        (self.directory / "index.html").write_text("The headers name the visitor.\n", encoding="utf-8")
        # It refuses to serve pages as root.
        someone = {}
        if os.geteuid() == 0:
            someone = {"user": "nobody", "group": "nogroup", "extra_groups": []}
            shutil.chown(self.directory, "nobody", "nogroup")
        command = ["/usr/sbin/apache2", "-X", "-f", configuration]
        self.process = subprocess.Popen(command, cwd=self.directory, stdout=sys.stderr, **someone)
        atexit.register(self.stop)
        for site in sites:
            self.wait_for(site)

    def lines(self, sites):
        """The configuration."""
        for module in MODULES:
            yield f"LoadModule {module}_module /usr/lib/apache2/modules/mod_{module}.so"
        for name in ("ServerRoot", "DefaultRuntimeDir", "DocumentRoot"):
            yield f"{name} {self.directory}"
        yield "ServerName 127.0.0.1"
        yield "PidFile apache.pid"
        yield "ErrorLog error.log"
        yield "LogLevel warn auth_openidc:info"
        yield "DirectoryIndex index.html"
        for name, variable in TOLD.items():
            yield f"Header set {name} %{{{variable}}}e env={variable}"
        for site in sites:
            yield from site.lines()
        yield ""

    def wait_for(self, site):
        """Waits until a site takes connections."""
        for _ in range(100):
            ensure(self.process.poll() is None, f"Apache has ended: {self.log()}")
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", site.port)) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"Apache does not listen: {self.log()}")

    def log(self):
        """What it has logged."""
        log = self.directory / "error.log"
        return log.read_text(encoding="utf-8") if log.exists() else ""

    def stop(self):
        self.process.terminate()
        self.process.wait()


site = SignIn(confidential, f"OIDCClientSecret {confidential['client_secret']}")
public_site = SignIn(public, "OIDCProviderTokenEndpointAuth none")
wrong_site = SignIn(confidential, 'OIDCClientSecret "another secret"')
registering_site = SignIn(
    {name: confidential[name] for name in ("redirect_uri", "scope")},
    # Its working directory.
    "OIDCMetadataDir .",
    f"OIDCProviderRegistrationEndpointJson {quoted(REGISTRATION)}",
)
resource_site = Site(
    [
        f"OIDCOAuthServerMetadataURL {METADATA}",
        f"OIDCOAuthClientID {resource_server['client_id']}",
        f"OIDCOAuthClientSecret {resource_server['client_secret']}",
    ],
    ["AuthType oauth20", "OIDCOAuthTokenIntrospectionInterval -1"],
)
apache = Apache(site, public_site, wrong_site, registering_site, resource_site)
# Debian's: what comes after these two numbers changes by itself, and the page would with it.
report = Report("mod_auth_openidc", re.search(r"mod_auth_openidc-(\d+\.\d+)\S* - init", apache.log())[1])
browser = Browser(issuer, user)
visitor = requests.Session()
# What the page was told last of the visitor.
told = {}


def get(session, address, **parameters):
    """Opens an address, and does not go where it leads."""
    return session.get(address, params=parameters, allow_redirects=False, timeout=30)


def authorize(site, visitor, **changes):
    """One authorization request, through the pages: the callback and the pages."""
    address = get(visitor, site.address).headers["location"]
    ensure("code_challenge_method=S256" in address, address)
    return browser.authorize(altered(address, **changes))


def call_back(site, visitor, callback):
    """Opens the callback, which leads to the page, and gives what that is told."""
    answer = get(visitor, callback)
    ensure(answer.status_code == 302 and answer.headers["location"] == f"{site.address}/", answer.text)
    return page(site, visitor)


def page(site, visitor):
    """What the page is told."""
    answer = get(visitor, site.address)
    ensure(answer.status_code == 200, answer.text)
    return answer.headers


def sign_in():
    """Another visitor who has signed in, and what the page is told of them."""
    visitor = requests.Session()
    callback, _ = authorize(site, visitor)
    return visitor, call_back(site, visitor, callback)


def refuses(site, visitor, callback, word):
    """Fails unless the site refuses the callback and logs `word`."""
    before = len(apache.log())
    answer = get(visitor, callback)
    logged = apache.log()[before:]
    ensure(answer.status_code != 302 and word in logged, f"{answer.status_code}: {logged}")
    ensure(get(visitor, site.address).status_code == 302, "the visitor is signed in")


def resource(access_token):
    """What the resource server answers to this token."""
    return requests.get(resource_site.address, headers={"authorization": f"Bearer {access_token}"}, timeout=30)


def signing_client():
    """A client whose secret signs what it asks."""
    metadata = {
        "redirect_uris": [confidential["redirect_uri"]],
        "scope": confidential["scope"],
        "grant_types": ["authorization_code", "refresh_token"],
        "request_object_signing_alg": "HS256",
        # So that the server answers nothing that it reads outside of the object.
        "require_signed_request_object": True,
    }
    answer = requests.post(f"{issuer}/oauth/register", json=metadata, timeout=30)
    ensure(answer.status_code == 201, answer.text)
    return confidential | answer.json()


def log_out(visitor):
    """Where the logout of a visitor leads."""
    answer = get(visitor, site.callback, logout=confidential["post_logout_redirect_uri"])
    return answer.headers["location"]


@report.check("discovery")
def discovery():
    address = get(visitor, site.address).headers["location"]
    ensure(address.startswith(issuer), address)
    return "`OIDCProviderMetadataURL`"


@report.check("code-confidential")
def code_confidential():
    global told
    callback, pages = authorize(site, visitor)
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    told = call_back(site, visitor, callback)
    ensure(told["refresh-token"] and int(told["expires"]) > time.time(), "no refresh token or no lifetime")
    return "`AuthType openid-connect`, `OIDCPKCEMethod S256`"


@report.check("code-public")
def code_public():
    visitor = requests.Session()
    callback, _ = authorize(public_site, visitor)
    ensure(call_back(public_site, visitor, callback)["subject"] == user["subject"], "another visitor")
    return "`OIDCProviderTokenEndpointAuth none`"


@report.check("registration")
def registration():
    visitor = requests.Session()
    # A browser of its own: the module registers where it is told of a sign-out, which takes a page of the server then.
    browser = Browser(issuer, user)
    # A page asks the visitor for the server.
    get(visitor, registering_site.address)
    asked = {"iss": issuer, "target_link_uri": f"{registering_site.address}/", "x_csrf": visitor.cookies["x_csrf"]}
    address = get(visitor, registering_site.callback, **asked).headers["location"]
    callback, _ = browser.authorize(address)
    ensure(call_back(registering_site, visitor, callback)["subject"] == user["subject"], "another visitor")
    return "`OIDCMetadataDir`, with an `initiate_login_uri` by https; it neither reads nor deletes the client"


@report.check("request-object")
def request_object():
    client = signing_client()
    secret = f"OIDCClientSecret {client['client_secret']}"
    site = SignIn(client, secret, f"OIDCRequestObject {quoted(REQUEST_OBJECT)}")
    Apache(site)
    visitor = requests.Session()
    address = get(visitor, site.address).headers["location"]
    callback, _ = browser.authorize(address)
    ensure(call_back(site, visitor, callback)["subject"] == user["subject"], "another visitor")
    return "`OIDCRequestObject`, signed with the client's secret"


@report.check("state")
def state():
    visitor = requests.Session()
    callback, _ = authorize(site, visitor)
    refuses(site, visitor, altered(callback, state="another"), "unable to restore state")
    call_back(site, visitor, callback)
    return "kept in a cookie of the visitor"


@report.check("issuer-parameter")
def issuer_parameter():
    visitor = requests.Session()
    callback, _ = authorize(site, visitor)
    refuses(site, visitor, altered(callback, iss="https://other.example"), "does not match the issuer")
    return "compared with the metadata's; a missing one is taken"


@report.check("id-token")
def id_token():
    payload = told["id-token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    ensure((claims["sub"], claims["aud"]) == (user["subject"], confidential["client_id"]), claims)
    ensure("email" not in claims, "the email address is in the ID token, and not by UserInfo")
    return "signature, `iss`, `aud`, `exp`, `iat`, `nonce`, `at_hash`"


@report.check("wrong-nonce")
def wrong_nonce():
    visitor = requests.Session()
    callback, _ = authorize(site, visitor, nonce="another")
    refuses(site, visitor, callback, "did not match the one stored in the browser session")
    return "kept in a cookie of the visitor"


report.not_offered("access-token", "`OIDCOAuthVerifyJwksUri` takes https alone; mod_oauth2 has superseded it")


@report.check("userinfo")
def userinfo():
    ensure(told["email"] == user["email"], told)
    return "`OIDC_CLAIM_email`, which it reads there"


@report.check("refresh")
def refresh():
    global told
    before = told
    get(visitor, site.callback, refresh=site.address, access_token=before["access-token"])
    told = page(site, visitor)
    ensure(told["refresh-token"] != before["refresh-token"], "the refresh token was not rotated")
    ensure(told["id-token"] != before["id-token"], "no new ID token")
    return "`?refresh=`: a new refresh token and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    visitor, told = sign_in()
    # The module cannot be told another refresh token, so the server forgets this one.
    secret = (confidential["client_id"], confidential["client_secret"])
    requests.post(f"{issuer}/oauth/revoke", {"token": told["refresh-token"]}, auth=secret, timeout=30)
    answer = get(visitor, site.callback, refresh=site.address, access_token=told["access-token"])
    ensure(answer.headers["location"] == f"{site.address}?error_code=refresh_failed", answer.headers["location"])
    ensure('"invalid_grant"' in apache.log(), apache.log())
    return "`?refresh=` leads back with `refresh_failed`; the log names it"


@report.check("invalid-client")
def invalid_client():
    visitor = requests.Session()
    callback, _ = authorize(wrong_site, visitor)
    refuses(wrong_site, visitor, callback, '"invalid_client"')
    return "an error page; the log names it"


report.not_offered("secret-basic", "no client credentials grant")
report.not_offered("secret-post", "no client credentials grant")
report.not_offered("private-key-jwt", "`OIDCProviderTokenEndpointAuth` has it for the code grant alone")
report.not_offered("token-exchange", "no such grant")
report.not_offered("device", "no such grant")


@report.check("introspection")
def introspection():
    answer = resource(told["access-token"])
    ensure(answer.ok and answer.headers["subject"] == user["subject"], answer.text)
    return "`AuthType oauth20`, `OIDCOAuthServerMetadataURL`"


@report.check("revocation")
def revocation():
    visitor, told = sign_in()
    ensure(resource(told["access-token"]).ok, "the access token is not active")
    log_out(visitor)
    ensure(resource(told["access-token"]).status_code == 401, "the access token is still active")
    return "`?logout=` revokes both tokens"


@report.check("logout")
def logout():
    address = log_out(visitor)
    ensure(f"id_token_hint={told['id-token']}" in address, address)
    back = browser.sign_out(address)
    ensure(back == confidential["post_logout_redirect_uri"], back)
    _, pages = authorize(site, visitor)
    ensure(pages[0] == "sign-in", pages)
    return "`?logout=`, which sends no `state`"
