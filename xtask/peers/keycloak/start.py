"""Starts Keycloak in production mode, and gives it a realm, warmth and minted values for one work of the measurement.

This process becomes Keycloak, so that what is measured is Keycloak alone; a child of it does the rest, prints READY, and ends.
"""

import base64
import hashlib
import html
import http.client
import json
import os
import re
import signal
import sys
import time
import tomllib
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import java

HERE = Path(__file__).parent
PEER = tomllib.loads((HERE / "peer.toml").read_text())
PORT = int(os.environ["PORT"])
WORK = os.environ["WORK"]
MINT = int(os.environ.get("MINT", "0"))
# A virtual machine for Java interprets first, and compiles what is used often: seconds of the work itself before it counts.
WARM_SECONDS = float(os.environ.get("WARM_SECONDS", "30"))
START_SECONDS = 300
WORKERS = 4

CLIENT, SECRET = "bench", "bench-secret-bench-secret-bench-secret-bench!"
USER, PASSWORD = "user", "only-for-the-bench"
ADMINISTRATOR = "bench-administrator"
REDIRECT_URI = "https://rp.example/cb"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BASIC = {"Authorization": "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()}
ALGORITHM = {"client-credentials-eddsa": "EdDSA", "client-credentials-rs256": "RS256"}.get(WORK, "ES256")
SCOPE = "read" if WORK == "refresh" else "openid read"
TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
DAY = 24 * 3600

REALM = {
    "realm": "bench",
    "enabled": True,
    "sslRequired": "none",
    "defaultSignatureAlgorithm": ALGORITHM,
    # Rotation: a refresh token works once.
    "revokeRefreshToken": True,
    "refreshTokenMaxReuse": 0,
    # Whatever is minted outlives the measurement.
    "accessTokenLifespan": 3600,
    "accessCodeLifespan": 3600,
    "ssoSessionIdleTimeout": DAY,
    "ssoSessionMaxLifespan": DAY,
    # People sign in only where values are minted, which no work measures.
    "passwordPolicy": "hashAlgorithm(pbkdf2-sha256) and hashIterations(1)",
    "users": [
        {
            "username": USER,
            "enabled": True,
            "firstName": "A",
            "lastName": "User",
            "email": "user@example.com",
            "emailVerified": True,
            "credentials": [{"type": "password", "value": PASSWORD}],
        }
    ],
}
CLIENT_SCOPE = {"name": "read", "protocol": "openid-connect"}
CLIENT_SETTINGS = {
    "clientId": CLIENT,
    "secret": SECRET,
    "clientAuthenticatorType": "client-secret",
    "publicClient": False,
    "redirectUris": [REDIRECT_URI],
    "standardFlowEnabled": True,
    "serviceAccountsEnabled": True,
    # Only to mint tokens without a browser.
    "directAccessGrantsEnabled": True,
    "attributes": {"standard.token.exchange.enabled": "true"},
    # A token is active only to a client that it is meant for.
    "protocolMappers": [
        {
            "name": "audience",
            "protocol": "openid-connect",
            "protocolMapper": "oidc-audience-mapper",
            "config": {"included.client.audience": CLIENT, "access.token.claim": "true"},
        }
    ],
}


class Connection:
    """One connection to Keycloak, kept open."""

    def __init__(self):
        self.http = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)

    def send(self, method, path, body=None, headers=None):
        """The answer with its body read: a form unless the body is JSON already."""
        headers = dict(headers or {})
        if isinstance(body, dict):
            body = urlencode(body)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.http.request(method, path, body, headers)
        answer = self.http.getresponse()
        answer.text = answer.read().decode()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.text}")
        return answer

    def token(self, **form):
        return json.loads(self.send("POST", PEER["paths"]["token"], form, BASIC).text)


def set_up(keycloak):
    """Waits until Keycloak, a process, listens, and makes the realm."""
    started = time.monotonic()
    while True:
        try:
            connection = Connection()
            connection.send("GET", "/realms/master")
            break
        except (OSError, RuntimeError, http.client.HTTPException):
            if os.getppid() != keycloak or time.monotonic() - started > START_SECONDS:
                raise
            time.sleep(0.2)
    form = {"grant_type": "password", "client_id": "admin-cli", "username": ADMINISTRATOR, "password": PASSWORD}
    answer = connection.send("POST", "/realms/master/protocol/openid-connect/token", form)
    headers = {"Authorization": "Bearer " + json.loads(answer.text)["access_token"], "Content-Type": "application/json"}

    def create(path, settings):
        location = connection.send("POST", "/admin/realms" + path, json.dumps(settings), headers).getheader("Location")
        return location.rsplit("/", 1)[-1]

    create("", REALM)
    scope = create("/bench/client-scopes", CLIENT_SCOPE)
    # Offered to every client that is made from here on, beside those that Keycloak offers.
    connection.send("PUT", f"/admin/realms/bench/default-optional-client-scopes/{scope}", None, headers)
    create("/bench/clients", CLIENT_SETTINGS)


def mint(connection):
    """One value for the work: a user's session of its own each."""
    match WORK:
        case "code":
            return authorize(connection)
        case "refresh" | "refresh-id-token" | "revoke":
            return sign_in(connection)["refresh_token"]
        case "introspect-jwt" | "userinfo" | "token-exchange":
            return sign_in(connection)["access_token"]
        case _:
            return None


def sign_in(connection):
    return connection.token(grant_type="password", username=USER, password=PASSWORD, scope=SCOPE)


def authorize(connection):
    """A code, by the page that a browser without cookies would see."""
    request = {
        "client_id": CLIENT,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": REDIRECT_URI,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    page = connection.send("GET", "/realms/bench/protocol/openid-connect/auth?" + urlencode(request))
    cookies = [cookie.split(";")[0] for cookie in page.msg.get_all("Set-Cookie")]
    action = urlsplit(html.unescape(re.search(r'action="([^"]+)"', page.text)[1]))
    form = {"username": USER, "password": PASSWORD}
    answer = connection.send("POST", f"{action.path}?{action.query}", form, {"Cookie": "; ".join(cookies)})
    return parse_qs(urlsplit(answer.getheader("Location")).query)["code"][0]


def work(connection, value):
    """One request of the work. Returns the value for the next one, if it can be told."""
    paths, parameters = PEER["paths"], dict(parse_qsl(PEER["parameters"].get(WORK, "")))
    match WORK:
        case "code":
            code = {"code": value, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER}
            connection.token(grant_type="authorization_code", **code)
            return None
        case "refresh" | "refresh-id-token":
            return connection.token(grant_type="refresh_token", refresh_token=value)["refresh_token"]
        case "revoke":
            connection.send("POST", paths["revocation"], {"token": value, **parameters}, BASIC)
            return None
        case "introspect-jwt":
            answer = connection.send("POST", paths["introspection"], {"token": value, **parameters}, BASIC)
            if not json.loads(answer.text)["active"]:
                raise RuntimeError("a minted token is not active")
        case "userinfo":
            connection.send("GET", paths["userinfo"], headers={"Authorization": f"Bearer {value}"})
        case "jwks" | "discovery":
            connection.send("GET", paths[WORK])
        case "token-exchange":
            connection.token(grant_type=TOKEN_EXCHANGE, subject_token=value, subject_token_type=ACCESS_TOKEN)
        case _:
            connection.token(grant_type="client_credentials", scope="read")
    return value


def warm_up(until):
    connection, value = Connection(), None
    while time.monotonic() < until:
        value = value or mint(connection)
        value = work(connection, value)


def mint_many(count):
    connection = Connection()
    return [mint(connection) for _ in range(count)]


def prepare(keycloak):
    set_up(keycloak)
    # Alone: the first request makes the realm's key for the algorithm, and four at once would make four.
    work(first := Connection(), mint(first))
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(warm_up, [time.monotonic() + WARM_SECONDS] * WORKERS))
        shares = [MINT // WORKERS + (worker < MINT % WORKERS) for worker in range(WORKERS)]
        values = [value for minted in pool.map(mint_many, shares) for value in minted]
    if values:
        Path(os.environ["MINT_FILE"]).write_text("\n".join(values) + "\n")
    print("READY", flush=True)


def main():
    if os.environ["STORE"] not in PEER["stores"]:
        sys.exit(f"Keycloak has no store {os.environ['STORE']}.")
    database = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "JAVA_HOME": str(java.home()),
        "KC_BOOTSTRAP_ADMIN_USERNAME": ADMINISTRATOR,
        "KC_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        # One server, so caches that no other shares.
        "KC_CACHE": "local",
        "KC_DB_URL": f"jdbc:postgresql://{database.hostname}:{database.port or 5432}{database.path}",
        "KC_DB_USERNAME": unquote(database.username or "postgres"),
        "KC_DB_PASSWORD": unquote(database.password or "none"),
        "KC_HOSTNAME_STRICT": "false",
        "KC_HTTP_ENABLED": "true",
        "KC_HTTP_HOST": "127.0.0.1",
        "KC_HTTP_PORT": str(PORT),
    }
    keycloak = os.getpid()
    if os.fork() == 0:
        try:
            prepare(keycloak)
        except BaseException:
            traceback.print_exc()
            if os.getppid() == keycloak:
                os.kill(keycloak, signal.SIGTERM)
            os._exit(1)
        os._exit(0)
    # What Keycloak logs must not stand between the harness and READY.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    program = HERE / f"keycloak-{PEER['version']}" / "bin" / "kc.sh"
    os.execve(program, [str(program), "start", "--optimized"], environment)


main()
