"""The fake on loopback: the same answers, and what only a socket can show."""

from __future__ import annotations

import asyncio
import gc
import os
import re
import signal
import socket
import subprocess
import sys
import time
from typing import Any

import httpx
import pytest

from batch_api._generated.cep.document import VERSION
from batch_api.testing import FakeBatch
from batch_api.testing.__main__ import main

EDIT = [{"identifiers": {"custom_id": "u1"}}]


async def test_the_same_state_in_process_and_over_a_socket(fake: FakeBatch, connect: Any) -> None:
    async with fake.serve() as url:
        assert url == fake.url
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith(f"/{VERSION}")
        async with connect(fake) as api:
            assert (await api.post("/profiles/update", json=EDIT)).json() == {"code": "SUCCESS"}
            assert (await api.post("/profiles/update", json=[{}])).status_code == 400
            assert (await api.get("/segments/list")).json()["count"] == 3
    assert fake.url is None
    assert list(fake.project().profiles.by_id) == ["u1"]
    with pytest.raises(httpx.ConnectError):
        await httpx.AsyncClient().get(url)


async def test_a_connection_is_kept_alive(fake: FakeBatch, connect: Any) -> None:
    async with fake.serve(), connect(fake, limits=httpx.Limits(max_connections=1)) as api:
        ports = set()
        for _ in range(3):
            answer = await api.post("/profiles/update", json=EDIT)
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr")[1])
            answer = await api.post("/campaigns/delete", json={"id": "x"})
            ports.add(answer.extensions["network_stream"].get_extra_info("client_addr")[1])
        assert len(ports) == 1


async def test_a_large_body_and_many_at_once(fake: FakeBatch, connect: Any) -> None:
    mass = [{"identifiers": {"custom_id": f"u{n}"}, "attributes": {"text": "x" * 200}} for n in range(10_000)]
    async with fake.serve(), connect(fake, timeout=30) as api:
        answers = await asyncio.gather(
            api.post("/profiles/mass-update", json=mass),
            *(api.post("/profiles/update", json=EDIT) for _ in range(50)),
        )
    assert {answer.status_code for answer in answers} == {202}
    assert len(fake.project().profiles.by_id) == 10_000


async def test_files_come_from_another_port_and_credentials_are_refused_there(connect: Any) -> None:
    fake = FakeBatch(limits=False, export_seconds=0)
    async with fake.serve() as url, connect(fake) as api, httpx.AsyncClient() as bare:
        await api.post("/profiles/update", json=EDIT)
        request = {"export_type": "ATTRIBUTES", "identifiers": ["custom_id"]}
        export = (await api.post("/profiles/export", json=request)).json()
        file = (await api.get("/exports/view", params=export)).json()["files"][0]
        assert file["url"].startswith(f"{url}/exports/download?id=")
        link = (await api.get(file["url"])).headers["location"]
        assert httpx.URL(link).port not in (httpx.URL(url).port, None)
        assert (await bare.get(link)).json() == {"identifiers": {"custom_id": "u1"}, "attributes": {}}
        assert (await bare.get(link, headers={"Range": "bytes=0-0"})).content == b"{"
        assert (await bare.head(link)).status_code == 200
        assert (await api.get(link)).status_code == 400
    assert [request.status for request in fake.storage_requests] == [200, 206, 200, 400]
    assert "authorization" in fake.storage_requests[-1].headers


async def test_a_reset_before_acceptance(fake: FakeBatch, connect: Any) -> None:
    fake.reset("profile_update")
    async with fake.serve(), connect(fake) as api:
        with pytest.raises((httpx.ReadError, httpx.WriteError)):
            await api.post("/profiles/update", json=EDIT)
        assert fake.project().profiles.by_id == {}
        assert (await api.post("/profiles/update", json=EDIT)).status_code == 202


async def test_a_reset_after_acceptance_is_a_reset_of_the_socket(fake: FakeBatch, connect: Any) -> None:
    fake.reset("profile_update", after_acceptance=True)
    async with fake.serve(), connect(fake) as api:
        with pytest.raises(httpx.ReadError):
            await api.post("/profiles/update", json=EDIT)
    assert list(fake.project().profiles.by_id) == ["u1"]


@pytest.mark.parametrize(("reset", "error"), [(False, httpx.RemoteProtocolError), (True, httpx.ReadError)])
async def test_a_body_that_ends_early(
    fake: FakeBatch, connect: Any, reset: bool, error: type[httpx.TransportError]
) -> None:
    fake.truncate("segment_list", reset=reset)
    async with fake.serve(), connect(fake) as api:
        with pytest.raises(error):
            await api.get("/segments/list")
        assert (await api.get("/segments/list")).status_code == 200


async def test_a_slow_body_comes_whole(fake: FakeBatch, connect: Any) -> None:
    fake.slow_body("segment_list", over=0.05)
    async with fake.serve(), connect(fake) as api:
        assert (await api.get("/segments/list")).json()["count"] == 3


async def raw(url: str, request: bytes) -> bytes:
    parsed = httpx.URL(url)
    reader, writer = await asyncio.open_connection(parsed.host, parsed.port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_what_is_no_http_ends_the_connection_and_nothing_else(fake: FakeBatch, connect: Any) -> None:
    async with fake.serve() as url, connect(fake) as api:
        assert await raw(url, b"\x16\x03\x01\r\n\r\n") == b""
        assert (await api.get("/segments/list")).status_code == 200


async def test_a_client_that_waits_for_100_continue(fake: FakeBatch) -> None:
    async with fake.serve() as url:
        parsed = httpx.URL(url)
        reader, writer = await asyncio.open_connection(parsed.host, parsed.port)
        writer.write(
            f"POST /{VERSION}/profiles/update HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
            f"Content-Type: application/json\r\nContent-Length: 2\r\nAuthorization: Bearer "
            f"{fake.rest_api_key}\r\nX-Batch-Project: {fake.project_key}\r\n\r\n".encode()
        )
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100")
        writer.write(b"[]")
        assert (await reader.read()).startswith(b"HTTP/1.1 202")
        writer.close()
        await writer.wait_closed()


async def test_a_server_stops_while_clients_are_connected(fake: FakeBatch, connect: Any) -> None:
    fake.delay("segment_list", 60)
    async with connect(fake, transport=httpx.AsyncHTTPTransport()) as api:
        async with fake.serve() as url:
            waiting = asyncio.create_task(api.get(f"{url}/segments/list"))
            await asyncio.sleep(0.05)
        with pytest.raises(httpx.TransportError):
            await asyncio.wait_for(waiting, 5)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", ""])
async def test_only_loopback_is_served(fake: FakeBatch, host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="loopback"):
        async with fake.serve(host=host):
            pass


def test_the_command_refuses_other_hosts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "0.0.0.0"]) == 2
    assert "loopback" in capsys.readouterr().err


async def test_ipv6_loopback(fake: FakeBatch, connect: Any) -> None:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    async with fake.serve(host="::1") as url, connect(fake) as api:
        assert url.startswith("http://[::1]:")
        assert (await api.get("/segments/list")).status_code == 200


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(how: signal.Signals) -> None:
    command = [sys.executable, "-m", "batch_api.testing", "--storm-seconds", "0.2", "--retry-after", "3"]
    with subprocess.Popen([*command, "--latency", "0", "0.001"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        headers = {"Authorization": "Bearer any", "X-Batch-Project": "any"}
        with httpx.Client(base_url=url, headers=headers) as client:
            answer = client.get("/segments/list")
            assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
            while client.get("/segments/list").status_code == 429:
                time.sleep(0.05)
            counted = client.get(f"{url.removesuffix('/' + VERSION)}/_fake/statistics").json()
            assert counted["segment_list"]["accepted"] == 1
            process.send_signal(how)
            assert process.wait(timeout=10) == 0
        assert process.stdout.read() == ""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_the_first_line_is_the_address_and_nothing_follows(
    monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    class Terminal:
        """Stops the process as soon as it is told the address."""

        text = ""

        def write(self, text: str) -> None:
            self.text += text

        def flush(self) -> None:
            os.kill(os.getpid(), how)

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    options = ["--latency", "0", "0.1", "--storm-seconds", "1", "--failure-chance", "0.1", "--port", "0"]
    assert main(options) == 0
    assert re.fullmatch(rf"http://127\.0\.0\.1:\d+/{re.escape(VERSION)}\n", terminal.text)
    assert gc.isenabled()


async def test_the_counters_can_be_read_from_outside(fake: FakeBatch, connect: Any) -> None:
    async with fake.serve() as url, connect(fake) as api:
        for _ in range(3):
            await api.get("/segments/list")
            await asyncio.sleep(0.01)
        counters = f"{url.removesuffix('/' + VERSION)}/_fake/statistics"
        assert (await api.get(counters)).json() == {"segment_list": fake.stats["segment_list"].as_dict()}
        last = (await api.get(counters, params={"last": "0.00001"})).json()["segment_list"]
        assert (last["accepted"], last["requests_per_second"]) == (3, 0)


def test_the_command_takes_a_key_a_project_and_faults() -> None:
    command = [sys.executable, "-m", "batch_api.testing", "--key", "k", "--project", "p", "--failure-chance", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, headers={"Authorization": "Bearer k", "X-Batch-Project": "p"}) as client:
            assert client.get("/segments/list").status_code == 500
        process.terminate()
        assert process.wait(timeout=10) == 0
