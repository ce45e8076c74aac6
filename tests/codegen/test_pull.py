"""A pull replaces the document and its lock together, or changes nothing."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from codegen import __main__ as command
from codegen import document, pull, yamlfile
from codegen.errors import CodegenError
from codegen.layout import Layout
from tests.codegen.versions import new_version

Json = dict[str, Any]


class Vendor(ThreadingHTTPServer):
    """Answers with what the test says, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.content, self.etag, self.pause = 200, b"", "", 0.0
        self.asked: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/batch-api.yaml"


class Handler(BaseHTTPRequestHandler):
    server: Vendor

    def do_GET(self) -> None:
        vendor = self.server
        vendor.asked.append(self.headers.get("If-None-Match"))
        same = bool(vendor.etag) and self.headers.get("If-None-Match") == vendor.etag
        self.send_response(304 if same else vendor.status)
        if vendor.etag:
            self.send_header("ETag", vendor.etag)
        self.end_headers()
        if not same:
            half = len(vendor.content) // 2
            self.wfile.write(vendor.content[:half])
            self.wfile.flush()
            time.sleep(vendor.pause)
            self.wfile.write(vendor.content[half:])

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with Vendor() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
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
    assert "version 2.13" in said
    assert inputs.document.read_bytes() == newer
    lock = yamlfile.load_table(inputs.lock)
    assert lock["sha256"] == hashlib.sha256(newer).hexdigest()
    assert (lock["source"], lock["etag"], lock["info.version"]) == (vendor.url, '"v2"', "2.13")
    document.read(inputs.document, inputs.lock)


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


BOMB = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>Not found</html>", "does not hold a mapping"),
        (b"", "does not hold a mapping"),
        (b"a: !!python/object/apply:os.system [true]", "has the tag"),
        (BOMB, "has an alias"),
        (b"openapi: 3.1.0\nopenapi: 3.1.0\n", "cannot be read as YAML"),
        (b"\xff\xfe\x00", "cannot be read as YAML"),
        (b"a: " + b"[" * 5000, "nested more than 100 deep"),
        (b"openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n", "is OpenAPI 3.0.3: 3.1 is needed"),
        (b"openapi: 3.2.0\npaths: {}\n", "is OpenAPI '3.2.0'"),
        (b"swagger: '2.0'\npaths: {}\n", "is OpenAPI None"),
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
    with pytest.raises(CodegenError, match=f"answered HTTP {status}"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


def test_too_much_and_too_slow(inputs: Layout, vendor: Vendor, newer: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    before = files(inputs)
    vendor.content = newer
    monkeypatch.setattr(pull, "MOST_BYTES", 1000)
    with pytest.raises(CodegenError, match="sends more than 1000 bytes"):
        pull.pull(inputs, vendor.url)
    monkeypatch.setattr(pull, "MOST_BYTES", 10**8)
    monkeypatch.setattr(pull, "MOST_SECONDS", 0.05)
    vendor.pause = 0.3
    with pytest.raises(CodegenError, match=r"takes more than 0\.05 s|ReadTimeout"):
        pull.pull(inputs, vendor.url)
    assert files(inputs) == before


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://host/x.yaml", "is no address of http, https or file"),
        ("file:///no/such/file.yaml", "cannot be read: No such file"),
        ("http://127.0.0.1:1/x.yaml", "cannot be fetched: ConnectError"),
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
    assert "version 2.13" in capsys.readouterr().out
    vendor.status = 500
    assert command.main(["pull"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
