"""Servers close connections when they like."""

from __future__ import annotations

import ssl

from tests.wire.conftest import MakeClient, edit
from tests.wire.leaks import in_use
from tests.wire.server import Server


async def test_one_connection_carries_one_call_after_another(make_client: MakeClient, tls: ssl.SSLContext | None) -> None:
    async with Server(tls=tls) as server, make_client(server.url) as client:
        for _ in range(50):
            await client.profiles.update([edit()])
        assert (server.connections, len(server.requests), in_use(client)) == (1, 50, 0)
