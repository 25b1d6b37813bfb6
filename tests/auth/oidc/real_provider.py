"""The certified provider from npm on a loopback port, and a person who fills in its pages."""

import html
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookiejar import CookieJar
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from tests.conftest import oidc_server


@dataclass
class RealProvider:
    issuer: str

    def tell(self, **values: Any) -> None:
        """Change it while it runs: `slow_ms=7000`, `people={"ada": {...}}`."""
        body = json.dumps(values).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{self.issuer}/_test", body)):
            pass


@contextmanager
def running(origin: str) -> Iterator[RealProvider]:
    """The provider for an application at this origin, whose settings call it `real`."""
    settings = {
        "redirect_uris": [f"{origin}/auth/callback/real"],
        "post_logout_redirect_uris": [f"{origin}/auth/signed-out/real"],
        "backchannel_logout_uri": f"{origin}/auth/backchannel-logout/real",
    }
    command = [shutil.which("node") or "node", str(oidc_server()), json.dumps(settings)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield RealProvider(process.stdout.readline().strip())
    finally:
        process.kill()
        process.communicate()


class AtProvider(urllib.request.HTTPRedirectHandler):
    """A browser at the provider: keeps its cookies, fills in its forms, stops where it is sent home."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.opener = urllib.request.build_opener(self, urllib.request.HTTPCookieProcessor(CookieJar()))
        self.left_for = ""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if newurl.startswith(self.home):
            self.left_for = newurl
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)

    def open(self, address: str, form: dict[str, str] | None = None) -> str:
        data = urlencode(form).encode() if form is not None else None
        try:
            with self.opener.open(address, data) as response:
                self.address = response.url
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                if self.left_for:
                    return ""
                raise AssertionError(f"{error.code} {error.read().decode()[:2000]}") from None

    def sign_in(self, address: str, login: str) -> dict[str, str]:
        """Through the login and consent pages; returns the parameters that the provider sends home."""
        self.left_for = ""
        page = self.open(address)
        for _ in range(4):
            if self.left_for:
                return dict(parse_qsl(urlsplit(self.left_for).query))
            action = re.search(r'<form[^>]*action="([^"]+)"', page)
            assert action, page[:2000]
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
            form = hidden | ({"login": login, "password": "any"} if 'name="login"' in page else {})
            page = self.open(urljoin(self.address, html.unescape(action[1])), form)
        raise AssertionError(page[:2000])
