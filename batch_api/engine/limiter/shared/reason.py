"""Why Redis failed, in words for a log: what it said, without secrets, and what to do about it."""

from __future__ import annotations

import re

from batch_api.engine.limiter.shared.url import Address, secrets_of, shown

_LONGEST = 300
_GUIDE = "the guide on shared limits lists the rights that a user needs"
_NOISE = [
    # Redis repeats the arguments of a command that it does not know, which may be those of AUTH.
    re.compile(r",? with args beginning with.*", re.DOTALL),
    re.compile(r"(ERR )?Error running script \(call to \w+\): "),
    re.compile(r"@?user_script: ?(\d+: )?"),
    re.compile(r",? script: \w+, on .*"),
]


def reason_for(error: BaseException, url: str) -> str:
    """Such as `NoPermissionError: this user has no permissions to run the 'eval' command`."""
    text = str(error)
    for secret in secrets_of(url):
        text = text.replace(secret, "***")
    for noise in _NOISE:
        text = noise.sub("", text)
    text = " ".join(text.split())[:_LONGEST]
    name = type(error).__name__
    said = f"{name}: {text}" if text else name
    hint = _hint(f"{name} {text}", url)
    return f"{said}; {hint}" if hint else said


def node_of_cluster(url: str) -> str:
    """What to do if a URL of a single server leads to a node of a cluster."""
    return f"this is a node of a Redis Cluster: use {_rewritten(url, 'cluster')}"


def sentinel(url: str) -> str:
    """What to do if a URL of a single server leads to a sentinel."""
    return f"for a Redis Sentinel use {_rewritten(url, 'sentinel')}"


def _hint(said: str, url: str) -> str:
    kind = Address.of(url).kind
    if re.search(r"NoPermission|NOPERM|no permissions|executing the script can't run", said):
        return _GUIDE
    if kind == "server" and re.search(r"MovedError|AskError|MOVED|ClusterDown|CROSSSLOT|in cluster mode", said):
        return node_of_cluster(url)
    if kind == "server" and re.search(r"unknown command ['`](EVALSHA|SELECT)", said, re.IGNORECASE):
        return sentinel(url)
    if kind != "server" and re.search(r"unknown command|cluster support disabled|Cluster mode is not enabled", said):
        return f"this is no {kind}, or the user may not ask it; for a single server use redis://host:port/0"
    return ""


def _rewritten(url: str, kind: str) -> str:
    scheme, _, rest = shown(url).partition("://")
    hosts = rest.partition("/")[0]
    return f"{scheme}+{kind}://{hosts}" + ("/NAME-OF-THE-MASTER/0" if kind == "sentinel" else "")
