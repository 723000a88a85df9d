"""oauth2-proxy against Grantor, by the options of its documentation: it stands before a page that repeats what it is told."""

import atexit
import base64
import json
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import requests

from browser import Browser, altered
from report import Report, ensure, settings

issuer, user, confidential = settings["issuer"], settings["user"], settings["confidential"]
# Where the server calls the client back, but for the port, which is any free one.
CALLBACK = urlsplit(confidential["redirect_uri"]).path
PREFIX = CALLBACK.removesuffix("/callback")
# Where it is built to.
PROGRAM = Path(sys.argv[1])


class Page(BaseHTTPRequestHandler):
    """The page behind the proxy: it repeats what the proxy tells it of the visitor."""

    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Proxy:
    """A proxy before the page, as long as this program runs."""

    def __init__(self, secret=confidential["client_secret"], audience=issuer):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            origin = f"127.0.0.1:{free.getsockname()[1]}"
        self.address = f"http://{origin}"
        self.log = tempfile.NamedTemporaryFile()
        options = [
            f"--http-address={origin}",
            f"--upstream=http://127.0.0.1:{page.server_port}",
            "--provider=oidc",
            f"--oidc-issuer-url={issuer}",
            f"--client-id={confidential['client_id']}",
            f"--client-secret={secret}",
            f"--scope={confidential['scope']}",
            "--prompt=consent",
            "--code-challenge-method=S256",
            "--insecure-oidc-skip-nonce=false",
            f"--proxy-prefix={PREFIX}",
            f"--redirect-url={self.address}{CALLBACK}",
            f"--cookie-secret={secrets.token_hex(16)}",
            "--cookie-secure=false",
            "--cookie-refresh=1ms",
            "--email-domain=*",
            "--skip-provider-button",
            "--pass-access-token",
            "--pass-authorization-header",
            "--skip-jwt-bearer-tokens",
            f"--extra-jwt-issuers={issuer}={audience}",
            "--bearer-token-login-fallback=false",
            f"--whitelist-domain={urlsplit(issuer).netloc}",
        ]
        self.process = subprocess.Popen([PROGRAM, *options], stdout=self.log, stderr=self.log)
        atexit.register(self.stop)
        until("the proxy answers", self.answers)

    def answers(self):
        """Whether it is ready for requests."""
        ensure(self.process.poll() is None, f"the proxy has ended: {self.said()}")
        try:
            return requests.get(f"{self.address}/ping", timeout=30).ok
        except requests.ConnectionError:
            return False

    def said(self):
        """What it has logged."""
        return Path(self.log.name).read_text(encoding="utf-8")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


def version():
    """The version of the module that the proxy was built from."""
    built = subprocess.run(["go", "version", "-m", PROGRAM], capture_output=True, check=True, text=True).stdout
    module = next(line.split() for line in built.splitlines() if line.startswith("\tmod\t"))
    return module[2].removeprefix("v")


def until(what, holds):
    """Waits until something holds, which should not take long."""
    for _ in range(100):
        if holds():
            return
        time.sleep(0.1)
    raise RuntimeError(f"in vain: until {what}")


page = ThreadingHTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=page.serve_forever, daemon=True).start()
report = Report("oauth2-proxy", version())
browser = Browser(issuer, user)
visitor = requests.Session()
proxy = None
stale = None
# What the page was told last of the visitor.
told = {}


def authorize(proxy, visitor, **changes):
    """One authorization request, through the pages: the callback and the pages."""
    address = visitor.get(proxy.address, allow_redirects=False).headers["location"]
    ensure("code_challenge_method=S256" in address, address)
    return browser.authorize(altered(address, **changes))


def call_back(visitor, callback):
    """Opens the callback, which leads to the page, and gives what that is told."""
    answer = visitor.get(callback)
    ensure(answer.ok, answer.text)
    return answer.json()


def refuses(proxy, visitor, callback, word):
    """Fails unless the proxy refuses the callback and logs `word`."""
    answer = visitor.get(callback)
    ensure(not answer.ok and word in proxy.said(), f"{answer.status_code}: {proxy.said()}")


def refresh_once():
    """Waits until the proxy has refreshed the visitor's session, which it does at the first request a while after."""
    global told
    before = told["x-forwarded-access-token"]
    until("the session is refreshed", lambda: visitor.get(proxy.address).json()["x-forwarded-access-token"] != before)
    told = visitor.get(proxy.address).json()


def id_token():
    """What the ID token says that the page is told."""
    payload = told["authorization"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@report.check("discovery")
def discovery():
    global proxy
    proxy = Proxy()
    return "`--oidc-issuer-url`"


@report.check("code-confidential")
def code_confidential():
    global told
    callback, pages = authorize(proxy, visitor)
    ensure(pages == ["sign-in", "consent"], f"pages: {pages}")
    told = call_back(visitor, callback)
    ensure(told["x-forwarded-access-token"], told)
    return "`--code-challenge-method=S256`"


report.not_offered("code-public", "`--client-secret` is required")
report.not_offered("registration", "`--client-id` is required")
report.not_offered("request-object", "no such option")


@report.check("state")
def state():
    visitor = requests.Session()
    callback, _ = authorize(proxy, visitor)
    refuses(proxy, visitor, altered(callback, state="another:/"), "CSRF token mismatch")
    return "kept in the visitor's cookie"


report.not_offered("issuer-parameter", "the callback is read for `code` and `state` alone")


@report.check("id-token")
def validated_id_token():
    claims = id_token()
    ensure((claims["sub"], claims["aud"]) == (user["subject"], confidential["client_id"]), claims)
    ensure(told["x-forwarded-user"] == user["subject"], told)
    return "`--provider=oidc`: signature, `iss`, `aud`, `exp`, and `nonce` by `--insecure-oidc-skip-nonce=false`"


@report.check("wrong-nonce")
def wrong_nonce():
    visitor = requests.Session()
    callback, _ = authorize(proxy, visitor, nonce="another")
    refuses(proxy, visitor, callback, "nonce verification failed")
    return "`--insecure-oidc-skip-nonce=false`"


@report.check("access-token")
def access_token():
    bearer = {"authorization": f"Bearer {told['x-forwarded-access-token']}"}
    answer = requests.get(proxy.address, headers=bearer, timeout=30)
    ensure(answer.ok and answer.json()["x-forwarded-user"] == user["subject"], answer.text)
    another = Proxy(audience="https://other.example")
    answer = requests.get(another.address, headers=bearer, timeout=30)
    ensure(answer.status_code == 403 and "invalid audience" in another.said(), another.said())
    return "`--skip-jwt-bearer-tokens`, `--extra-jwt-issuers`"


@report.check("userinfo")
def userinfo():
    ensure("email" not in id_token(), "the email address is in the ID token")
    ensure(told["x-forwarded-email"] == user["email"], told)
    return "`--provider=oidc` asks it for what the ID token lacks, such as the email address"


@report.check("refresh")
def refresh():
    global stale
    stale = visitor.cookies.copy()
    before = id_token()
    refresh_once()
    ensure(told["x-forwarded-email"] == user["email"] and id_token() != before, "no new ID token")
    # Once more, with what came: the next check builds on that.
    refresh_once()
    return "`--cookie-refresh`: a new refresh token and a new ID token"


@report.check("invalid-grant")
def invalid_grant():
    # The session as it was at first has a refresh token that two have followed, so this is no retry.
    answer = requests.get(proxy.address, cookies=stale, allow_redirects=False, timeout=30)
    ensure(answer.status_code == 302 and "invalid_grant" in proxy.said(), f"{answer.status_code}: {proxy.said()}")
    return "ends the session, and asks for another sign-in"


@report.check("invalid-client")
def invalid_client():
    wrong = Proxy(secret="another secret")
    visitor = requests.Session()
    callback, _ = authorize(wrong, visitor)
    refuses(wrong, visitor, callback, "invalid_client")
    return "an error page; the log names it"


report.not_offered("secret-basic", "no client credentials grant")
report.not_offered("secret-post", "no client credentials grant")
report.not_offered("private-key-jwt", "it shows a secret")
report.not_offered("token-exchange", "no such grant")
report.not_offered("device", "no such grant")
report.not_offered("introspection", "tokens are validated as JWTs")
report.not_offered("revocation", "no such call")


@report.check("logout")
def logout():
    visitor = requests.Session()
    callback, _ = authorize(proxy, visitor)
    call_back(visitor, callback)
    returning = {"post_logout_redirect_uri": confidential["post_logout_redirect_uri"], "state": "signed-out"}
    address = altered(f"{issuer}/oauth/logout", **returning) + "&id_token_hint={id_token}"
    answer = visitor.get(f"{proxy.address}{PREFIX}/sign_out", params={"rd": address}, allow_redirects=False)
    back = browser.sign_out(answer.headers["location"])
    ensure(back == f"{confidential['post_logout_redirect_uri']}?state=signed-out", back)
    _, pages = authorize(proxy, visitor)
    ensure(pages[0] == "sign-in", pages)
    return "`/sign_out`, with `{id_token}` in its `rd`"
