"""A pull replaces the document and its lock together, or changes nothing."""

from __future__ import annotations

import contextlib
import copy
import functools
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from codegen import __main__ as command
from codegen import opening, yamlfile
from codegen.errors import CodegenError
from codegen.layout import HERE, Layout
from codegen.pull import pull
from tests.codegen.conftest import prepared_from
from tests.codegen.versions import new_version, next_version

Json = dict[str, Any]
NEXT = next_version(yamlfile.load_table(HERE.document))


class Vendor(ThreadingHTTPServer):
    """Answers with what the test says, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.content, self.etag = 200, b"", ""
        self.headers: dict[str, str] = {}
        self.asked: list[str | None] = []
        self.hangs: str = ""
        """Where it stops and waits for the test to be over: before the `head`, or in the middle of the `body`."""
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/batch-api.yaml"


class Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_GET(self) -> None:
        vendor = self.server
        vendor.asked.append(self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since"))
        same = bool(vendor.etag) and self.headers.get("If-None-Match") == vendor.etag
        modified = vendor.headers.get("Last-Modified")
        same = same or (modified is not None and self.headers.get("If-Modified-Since") == modified)
        self.hang("head")
        self.send_response(304 if same else vendor.status)
        if vendor.etag:
            self.send_header("ETag", vendor.etag)
        for name, value in vendor.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if not same:
            half = len(vendor.content) // 2
            self.wfile.write(vendor.content[:half])
            self.wfile.flush()
            self.hang("body")
            with contextlib.suppress(OSError):
                self.wfile.write(vendor.content[half:])

    def hang(self, where: str) -> None:
        if self.server.hangs == where:
            self.server.over.wait(10)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def newer(original: Json) -> bytes:
    return json.dumps(new_version(original)).encode()


def files(layout: Layout) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (layout.root / "openapi").iterdir()}


def test_a_pull_replaces_the_document_and_writes_the_lock(inputs: Layout, vendor: Vendor, newer: bytes) -> None:
    vendor.content, vendor.etag = newer, '"v2"'
    said = pull.pull(inputs, vendor.url)
    assert f"version {NEXT}" in said
    assert inputs.document.read_bytes() == newer
    lock = yamlfile.load_table(inputs.lock)
    assert lock["sha256"] == hashlib.sha256(newer).hexdigest()
    assert (lock["source"], lock["etag"], lock["info.version"]) == (vendor.url, '"v2"', NEXT)
    opening.read(inputs)


def test_the_next_pull_asks_whether_anything_is_new(inputs: Layout, vendor: Vendor, newer: bytes) -> None:
    vendor.content, vendor.etag = newer, '"v2"'
    pull.pull(inputs, vendor.url)
    before = files(inputs)
    assert pull.pull(inputs) == f"{vendor.url} has not changed"
    assert vendor.asked == [None, '"v2"']
    assert files(inputs) == before


def test_a_document_that_was_edited_is_fetched_whole(inputs: Layout, vendor: Vendor, newer: bytes) -> None:
    vendor.content, vendor.etag = newer, '"v2"'
    pull.pull(inputs, vendor.url)
    inputs.document.write_bytes(newer + b"\n")
    pull.pull(inputs)
    assert vendor.asked == [None, None]
    assert inputs.document.read_bytes() == newer


def test_a_file_may_be_the_source(inputs: Layout, newer: bytes) -> None:
    path = inputs.root / "a new one.yaml"
    path.write_bytes(newer)
    pull.pull(inputs, path.as_uri())
    assert inputs.document.read_bytes() == newer


BOMB = b"a0: &a0 [x]\n" + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Not found</html>", "is a web page"),
        (b"", "does not hold a mapping"),
        (b"a: !!python/object/apply:os.system [true]", "it has the tag"),
        (BOMB, "parts, with its aliases written out"),
        (b"openapi: 3.1.0\nopenapi: 3.1.0\n", "cannot be read as YAML"),
        (b"\xff\xfe\x00", "cannot be read as YAML"),
        (b'{"a": 1, "a": 2}', "duplicate key 'a'"),
        (b"200: a\n'200': b\n", "duplicate key '200'"),
        (b'{"a": "\\ud800"}', "surrogates not allowed"),
        (b'{"a": 1e999}', "not a JSON number"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "cannot be read as YAML"),
        (b'{"a":' * 5000, "nested 5000 deep"),
        (b"? [a]\n: b\n", "expected a string or a number as key"),
        (b"a: " + b"[" * 5000, "nested more than 100 deep"),
        (b"openapi: 3.0.3\ninfo: {title: T}\npaths: {}\n", "is not valid OpenAPI"),
        (b"openapi: 3.2.0\npaths: {}\n", "is OpenAPI '3.2.0'"),
        (b"swagger: '2.0'\npaths: {}\n", r"is Swagger '2\.0'"),
        (b"openapi: 3.1.0\ninfo: {title: T}\npaths: {}\n", "is not valid OpenAPI"),
        (b"openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n", "has no `servers`"),
    ],
)
def test_a_bad_document_changes_nothing(inputs: Layout, vendor: Vendor, content: bytes, message: str) -> None:
    before = files(inputs)
    vendor.content = content
    with pytest.raises(CodegenError, match=message):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


@pytest.mark.parametrize("status", [204, 403, 404, 500])
def test_a_bad_status_changes_nothing(inputs: Layout, vendor: Vendor, status: int) -> None:
    before = files(inputs)
    vendor.status = status
    with pytest.raises(CodegenError, match=f"answered with HTTP {status}"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


def test_too_much(inputs: Layout, vendor: Vendor, newer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(inputs)
    vendor.content = newer
    monkeypatch.setattr(pull, "MOST_BYTES", 1000)
    with pytest.raises(CodegenError, match="sent more than 1000 bytes"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


@pytest.mark.parametrize("where", ["head", "body"])
def test_too_slow(inputs: Layout, vendor: Vendor, newer: bytes, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    before = files(inputs)
    vendor.content, vendor.hangs = newer, where
    monkeypatch.setattr(pull, "MOST_SECONDS", 0.05)
    with pytest.raises(CodegenError, match=r"took more than 0\.05 s|Timeout"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


def test_a_date_is_asked_about_where_there_is_no_etag(inputs: Layout, vendor: Vendor, newer: bytes) -> None:
    vendor.content, vendor.headers = newer, {"Last-Modified": "Fri, 27 Nov 2026 00:00:00 GMT"}
    pull.pull(inputs, vendor.url)
    assert pull.pull(inputs) == f"{vendor.url} has not changed"
    assert vendor.asked == [None, "Fri, 27 Nov 2026 00:00:00 GMT"]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Content-Encoding": "gzip"}, "sent compressed content"),
        ({"Content-Length": "1000000"}, "could not be fetched: RemoteProtocolError"),
    ],
)
def test_a_body_that_is_not_what_was_asked_for(
    inputs: Layout, vendor: Vendor, newer: bytes, headers: dict[str, str], message: str
) -> None:
    before = files(inputs)
    vendor.content, vendor.headers = newer, headers
    with pytest.raises(CodegenError, match=message):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[httpx.Request], httpx.Response]], None]:
    """Answers without a network, for addresses that no test can serve."""

    def answer(handler: Callable[[httpx.Request], httpx.Response]) -> None:
        client = functools.partial(httpx.AsyncClient, transport=httpx.MockTransport(handler))
        monkeypatch.setattr(httpx, "AsyncClient", client)

    return answer


def test_redirects_stay_safe(inputs: Layout, newer: bytes, answering: Any) -> None:
    before = files(inputs)
    seen = []

    def vendor(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        places = {"/old": "https://vendor.example/new", "/unsafe": "http://vendor.example/new", "/round": "/round"}
        if request.url.path in places:
            return httpx.Response(302, headers={"Location": places[request.url.path]})
        return httpx.Response(200, content=newer)

    answering(vendor)
    with pytest.raises(CodegenError, match="redirects to http, where anyone could change it"):
        pull.pull(inputs, "https://vendor.example/unsafe")
    assert seen == ["https://vendor.example/unsafe"]
    with pytest.raises(CodegenError, match="TooManyRedirects"):
        pull.pull(inputs, "https://vendor.example/round")
    assert files(inputs) == before
    pull.pull(inputs, "https://vendor.example/old")
    assert inputs.document.read_bytes() == newer


def test_a_document_in_json(inputs: Layout, vendor: Vendor, original: Json) -> None:
    document = new_version(original)
    document["info"]["description"] = "A party \N{PARTY POPPER}"
    vendor.content = json.dumps(document, indent="\t").encode()  # with tabs, and letters in two halves
    assert b"\\ud83c" in vendor.content
    pull.pull(inputs, vendor.url)
    prepared_from(inputs)


def test_nothing_outside_of_the_document_is_read(inputs: Layout, vendor: Vendor, original: Json) -> None:
    before = files(inputs)
    document = copy.deepcopy(original)
    document["components"]["schemas"]["status"] = {"$ref": f"{vendor.url}#/status"}
    vendor.content = json.dumps(document).encode()
    with pytest.raises(CodegenError, match=r"has the \$ref 'http"):
        pull.pull(inputs, vendor.url)
    assert len(vendor.asked) == 1
    assert files(inputs) == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x.yaml", "is not a URL of http, https or file"),
        ("file:///no/such/file.yaml", "cannot be read: No such file"),
        ("http://127.0.0.1:1/x.yaml", "could not be fetched: ConnectError"),
        ("http://[::1/x.yaml", "is not a valid URL"),
        ("https://user:secret@vendor.example/x.yaml", "contains a password"),
        ("x.yaml", "Pass URL=file:"),
        ("file://elsewhere/x.yaml", "is a file on another machine"),
        ("file:///dev/zero", "is not a regular file"),
    ],
)
def test_a_source_that_is_none(inputs: Layout, url: str, message: str) -> None:
    before = files(inputs)
    with pytest.raises(CodegenError, match=message):
        pull.pull(inputs, url)
    assert files(inputs) == before


def test_a_lock_that_cannot_be_written_leaves_the_old_document(
    inputs: Layout, vendor: Vendor, newer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, write = files(inputs), pull._write

    def failing(path: Any, content: bytes) -> None:
        if path == inputs.lock:
            raise OSError("the disk is full")
        write(path, content)

    monkeypatch.setattr(pull, "_write", failing)
    vendor.content = newer
    with pytest.raises(OSError, match="disk is full"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


def test_the_command(
    inputs: Layout, vendor: Vendor, newer: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "HERE", inputs)
    vendor.content = newer
    assert command.main(["pull", "--url", vendor.url]) == 0
    assert f"version {NEXT}" in capsys.readouterr().out
    vendor.status = 500
    assert command.main(["pull"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
