"""The application of the README, as it stands there: started in an empty folder and used over HTTP."""

import os
import re
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

from processes import Running
from serving import free_port

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```python\n(# shop\.py\n.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = "flask --app shop up"


class Browser:
    """Keeps cookies, and sends each form with the hidden fields of the page it is on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> str:
        page: str = self.opener.open(f"{self.url}{path}", timeout=30).read().decode()
        return page

    def send(self, path: str, **fields: str) -> str:
        """Open the form, fill it in, send it; the page that follows."""
        hidden = {
            name[1]: value[1]
            for tag in re.findall(r'<input\b[^>]*type="hidden"[^>]*>', self.get(path))
            if (name := re.search(r'name="([^"]+)"', tag)) and (value := re.search(r'value="([^"]*)"', tag))
        }
        body = urllib.parse.urlencode({**hidden, **fields}).encode()
        page: str = self.opener.open(f"{self.url}{path}", body, timeout=30).read().decode()
        return page


def started(folder: Path) -> Running:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FLASK_", "DATABASE_URL", "SECRET_KEY"))}
    program = Path(sys.executable).parent / "flask"
    return Running([program, *COMMAND.split()[1:], "--port", str(free_port())], folder=folder, env=kept)


def test_the_application_of_the_readme_keeps_customers_and_orders(tmp_path: Path) -> None:
    block = BLOCK.search(README)
    assert block
    assert COMMAND in README
    (tmp_path / "shop.py").write_text(block[1], encoding="utf-8")

    with started(tmp_path) as server:
        browser = Browser(server.wait_for_url())
        password = server.wait_for(r"password: +(\S+)")
        address = server.wait_for(r"(\S+@\S+)")
        browser.send("/auth/login", email=address, password=password)
        dashboard = browser.get("/admin/")
        customers = browser.send("/admin/customer/new/", name="Ada", email="ada@example.com")
        orders = browser.send("/admin/order/new/", customer="1", status="paid", total="19.90")
        server.interrupt()

    assert 'href="/admin/customer/"' in dashboard
    assert 'href="/admin/order/"' in dashboard
    assert "ada@example.com" in customers
    assert "19.90" in orders
