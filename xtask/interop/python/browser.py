"""A person with a browser that has cookies but no JavaScript, walking the real pages (see ../README.md)."""

from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

import requests


class Browser:
    """A browser with a person before it who signs in and agrees to everything.

    `issuer` says whose pages these are: what lies elsewhere is the client's.
    """

    def __init__(self, issuer, user):
        self.origin = origin(issuer)
        self.user = {"username": user["username"], "password": user["password"]}
        self.session = requests.Session()

    def authorize(self, address):
        """Opens an authorization request and does what the pages ask.

        Gives where the client is called back, and the pages that were shown.
        """
        callback, pages, html = self.walk(self.send("GET", address))
        if callback is None:
            raise RuntimeError(f"the pages lead nowhere: {html}")
        return callback, pages

    def sign_out(self, address):
        """Opens the address that signs the person out, and gives where it leads at once."""
        return self.send("GET", address).headers["location"]

    def walk(self, response):
        """Does what the pages ask, until the client is called back or a page asks nothing."""
        pages = []
        for _ in range(10):
            if response.status_code == 303:
                location = urljoin(response.url, response.headers["location"])
                if origin(location) != self.origin:
                    return location, pages, None
                response = self.send("GET", location)
                continue
            form = Form(response.text)
            if "password" in form.names:
                pages.append("sign-in")
                answer = self.user
            elif "decision" in form.names:
                pages.append("consent")
                answer = {"decision": "allow"}
            else:
                return None, pages, response.text
            response = self.send("POST", urljoin(response.url, form.action), {"request": form.request, **answer})
        raise RuntimeError("the pages lead in circles")

    def send(self, method, address, data=None):
        return self.session.request(method, address, data=data, allow_redirects=False, timeout=30)


class Form(HTMLParser):
    """The first form of a page: where it goes, what the fields are called, and what the hidden one says."""

    def __init__(self, html):
        super().__init__()
        self.action = None
        self.names = set()
        self.request = None
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action")
        if tag in ("input", "button") and "name" in attributes:
            self.names.add(attributes["name"])
            if attributes["name"] == "request":
                self.request = attributes.get("value")


def origin(address):
    return urlsplit(address)[:2]


def altered(address, **changes):
    """The address with another query: each change takes the place of what was there, and None takes it out."""
    parts = urlsplit(address)
    query = {**dict(parse_qsl(parts.query)), **changes}
    return parts._replace(query=urlencode({name: value for name, value in query.items() if value is not None})).geturl()
