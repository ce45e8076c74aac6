"""The client through programs that stand before an API: nginx as the end of TLS, and tinyproxy as a company's proxy.

    python -m benchmarks.through [--transport httpx|aiohttp] [--proxy URL --ca FILE]

Needs `nginx`, `tinyproxy` and `openssl` on the PATH. Behind nginx stands the fake API with its documented limits. The
same is measured without a proxy, and through tinyproxy with user and password; with `--proxy`, through that one only.
`--ca` is the file of the CA by which a proxy that looks into TLS signs: mitmproxy's, for one. The exit code is 1 if a
case is bad.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from batch_api import BatchClient, BatchError
from benchmarks.data import profile
from benchmarks.server import served
from benchmarks.street.figure import Figure, Street, edit
from benchmarks.street.hosts import Certificate, certificate, url_of

ITEMS, CALLS, AWAY = 50_000, 1000, 5.0
KEEP_ALIVE = 1.0
PAUSES, AT_ONCE = 20, 20
USER, PASSWORD = "user", "secret"

NGINX = """
daemon off; master_process on; pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    access_log off; client_max_body_size 100m; keepalive_requests 1000000; keepalive_timeout {keep_alive}s;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream api {{ server 127.0.0.1:{upstream}; keepalive 200; }}
    server {{
        listen 127.0.0.1:{port} ssl; ssl_certificate {tls.file}; ssl_certificate_key {tls.key};
        location / {{ proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; }}
    }}
}}
"""
TINYPROXY = """
Port {port}
Listen 127.0.0.1
Allow 127.0.0.1
MaxClients 1000
BasicAuth {user} {password}
"""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def _running(command: list[str], port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A program that listens on `port`."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            _wait_for(port)
            yield running
        finally:
            running.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


class Nginx:
    """Ends TLS before the fake."""

    def __init__(self, folder: Path, upstream: int, tls: Certificate) -> None:
        self._config = folder / "nginx.conf"
        self._values: dict[str, Any] = {"folder": folder, "upstream": upstream, "tls": tls}
        self.port = _free_port()
        self.url = url_of(self.port, tls)
        self._stack = contextlib.ExitStack()

    def start(self, keep_alive: float = 75) -> None:
        self._config.write_text(NGINX.format(**self._values, port=self.port, keep_alive=f"{keep_alive:g}"))
        command = ["nginx", "-c", str(self._config)]
        self._process = self._stack.enter_context(_running(command, self.port))

    def reload(self) -> None:
        """New workers take over; the old ones close their connections when they are idle."""
        self._process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        self._stack.close()


@contextlib.contextmanager
def _tinyproxy(folder: Path) -> Iterator[str]:
    """Its URL, with user and password."""
    port, config = _free_port(), folder / "tinyproxy.conf"
    config.write_text(TINYPROXY.format(port=port, user=USER, password=PASSWORD))
    with _running(["tinyproxy", "-d", "-c", str(config)], port):
        yield f"http://{USER}:{PASSWORD}@127.0.0.1:{port}"


# -- what is measured ------------------------------------------------------------------------------------------------


async def measure(street: Street, nginx: Nginx, proxy: str | None) -> AsyncIterator[Figure]:
    nginx.start()
    async with street.client(nginx.url, proxy=proxy) as client:
        yield await _ingest(client, "ingest")
        yield await _calls(client)
        yield await _outage(client, nginx)
    nginx.stop()
    nginx.start(KEEP_ALIVE)
    async with street.client(nginx.url, proxy=proxy) as client:
        yield await _pauses(client)
    if proxy and PASSWORD in proxy:
        async with street.client(nginx.url, proxy=proxy.replace(PASSWORD, "wrong"), deadline=10) as client:
            yield await _refused(client)
    nginx.stop()


async def _ingest(client: BatchClient, name: str) -> Figure:
    fates, began = Counter[str](), time.monotonic()
    async with client.profiles.ingest((profile(number) for number in range(ITEMS)), resend_events=True) as job:
        async for chunk in job.by_chunk():
            fates.update(type(fate).__name__ for fate in chunk)
    said = f"{', '.join(f'{count} {fate}' for fate, count in fates.items())} in {time.monotonic() - began:.1f} s"
    return Figure(f"{name} of {ITEMS}", said, "all Delivered", fates == {"Delivered": ITEMS})


async def _calls(client: BatchClient) -> Figure:
    ends, began = Counter[str](), time.monotonic()
    await asyncio.gather(*(_call(client, ends) for _ in range(CALLS)))
    said = f"{_told(ends)} in {time.monotonic() - began:.1f} s"
    return Figure(f"{CALLS} calls at once", said, "all ok", ends == {"ok": CALLS})


async def _outage(client: BatchClient, nginx: Nginx) -> Figure:
    """nginx is stopped for 5 s in the middle of a job, and later reloaded."""

    async def trouble() -> None:
        await asyncio.sleep(1)
        nginx.stop()
        await asyncio.sleep(AWAY)
        nginx.start()
        await asyncio.sleep(2)
        nginx.reload()

    async with asyncio.TaskGroup() as group:
        group.create_task(trouble())
        return await _ingest(client, f"nginx away for {AWAY:g} s, then reloaded: ingest")


async def _pauses(client: BatchClient) -> Figure:
    """Calls just when idle connections are closed. What is on its way then is lost, and an event is not sent again."""
    ends: Counter[str] = Counter()

    async def go_on() -> None:
        for _ in range(PAUSES):
            await _call(client, ends)
            await asyncio.sleep(KEEP_ALIVE + random.uniform(-0.03, 0.03))

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    name = f"keepalive_timeout {KEEP_ALIVE:g} s, calls after just such pauses"
    return Figure(name, _told(ends), ">= 99 % ok", ends["ok"] >= 0.99 * ends.total())


async def _refused(client: BatchClient) -> Figure:
    ends: Counter[str] = Counter()
    await _call(client, ends)
    return Figure("a wrong password for the proxy", _told(ends), "not_sent", "not_sent" in _told(ends))


async def _call(client: BatchClient, ends: Counter[str]) -> None:
    try:
        await client.profiles.update([edit(events=[{"name": "visit"}])])
        ends["ok"] += 1
    except BatchError as error:
        ends[f"{type(error).__name__} {error.outcome} {[attempt.fault for attempt in error.attempts]}"] += 1


def _told(ends: Counter[str]) -> str:
    return ", ".join(f"{count} {end}" for end, count in ends.items())


# -- all of it -------------------------------------------------------------------------------------------------------


async def _run(name: str, street: Street, nginx: Nginx, proxy: str | None) -> bool:
    good = True
    async for figure in measure(street, nginx, proxy):
        good &= figure.good
        verdict = "good" if figure.good else "BAD"
        print(f"{name:<10} {figure.case:<58} {figure.said}: {verdict}  (bar: {figure.bar})", flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.through", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--transport", choices=("httpx", "aiohttp"), default="httpx")
    parser.add_argument("--proxy", help="a proxy that runs already, in place of none and tinyproxy")
    parser.add_argument("--ca", help="the certificate of its CA")
    options = parser.parse_args()
    street = Street(options.transport)
    with (
        contextlib.ExitStack() as stack,
        tempfile.TemporaryDirectory() as scratch,
        certificate() as tls,
        served() as url,
    ):
        folder = Path(scratch)
        if os.geteuid() == 0:  # the workers of nginx and tinyproxy are then somebody else
            folder.chmod(0o755)
        nginx = Nginx(folder, int(urlsplit(url).port or 0), tls)
        stack.callback(nginx.stop)
        if options.ca:
            os.environ["SSL_CERT_FILE"] = options.ca
        if options.proxy:
            ways: dict[str, str | None] = {"proxy": options.proxy}
        else:
            ways = {"direct": None, "tinyproxy": stack.enter_context(_tinyproxy(folder))}
        found = [asyncio.run(_run(name, street, nginx, proxy)) for name, proxy in ways.items()]
        return 0 if all(found) else 1


if __name__ == "__main__":
    missing = [program for program in ("nginx", "tinyproxy", "openssl") if shutil.which(program) is None]
    sys.exit(f"not on the PATH: {', '.join(missing)}" if missing else main())
