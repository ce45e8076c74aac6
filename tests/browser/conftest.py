"""The site, built and served under a path of a host, and a browser that looks at it.

Nothing here is collected unless `CHROMIUM` is set, as `make test-site` does: the path of a Chromium, or nothing for
the one that Playwright has installed.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.docs.blocks import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

if "CHROMIUM" not in os.environ:
    collect_ignore_glob = ["test_*.py"]

PATH = "batch"
SHOTS = ROOT / "build" / "screenshots"


class Site(NamedTuple):
    """Where the site is: on disk, and on loopback."""

    folder: Path
    url: str

    @property
    def pages(self) -> list[str]:
        return sorted(page.relative_to(self.folder).as_posix() for page in self.folder.rglob("*.html"))

    @property
    def from_disk(self) -> str:
        return f"{self.folder.as_uri()}/"


class Handler(SimpleHTTPRequestHandler):
    """A host of static files, which answers with the site's own page where there is none."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        if code != 404:
            super().send_error(code, message, explain)
            return
        body = (Path(self.directory) / PATH / "404.html").read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("host")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(root))) as server:
        url = f"http://127.0.0.1:{server.server_port}/{PATH}/"
        command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(root / PATH)]
        quiet = {"NO_MKDOCS_2_WARNING": "1", "PYTHONWARNINGS": "ignore", "SITE_URL": url}
        subprocess.run(command, cwd=ROOT, env=os.environ | quiet, check=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Site(root / PATH, url)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"] or None, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield browser
        browser.close()
