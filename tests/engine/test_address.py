"""Base addresses: what can be none is refused when a client is made, in words that quote no password."""

from __future__ import annotations

import traceback
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from batch_api import BatchClient, ConfigurationError
from batch_api.engine import address

PASSWORD = "a-very-secret-word"
EXAMPLE = "https://api.batch.com/2.11"


@pytest.mark.parametrize(
    "base_url",
    [
        *(
            5,
            b"https://h",
            "",
            " ",
            "h",
            "//h",
            "https:",
            "https:///2.11",
            "https://:443",
            "https://?",
            "https://#",
        ),
        *("https://h:abc", "https://h:0", "https://h:99999", "https://h:-1", "https://h:٣", "https://h:1:2"),
        *(
            "https://h\n",
            "https://h\r\nX: y",
            "https://h\t",
            " https://h",
            "https://h ",
            "https://h/a b",
            "https://h\x00",
        ),
        *(
            "https://h\x7f",
            "https://h\u202e",
            "https://h\u200b",
            "https://h\u00a0",
            "https://\ud800",
            "https://h/\udfff",
        ),
        *(
            "https://h\\a",
            "https:\\\\h",
            "https://h/\\..",
            "https://℀h",
            "https://ⓔxample",
        ),
        *(
            "http://127.999.1.1",
            "https://300.1.1.1",
            "https://a..b",
            "https://.",
            "https://.h",
            f"https://{'a' * 64}.com",
        ),
        *(
            "https://[::1",
            "https://::1",
            "https://[::1]x",
            "https://[g::1]",
            "https://[1:2]",
            "https://[]",
            "https://h]",
        ),
        *("https://h?", "https://h?a=b", "https://h#", "https://h/#x", "https://a%20b", "https://a,b", "https://a|b"),
        *(f"https://:{PASSWORD}@h", f"https://user:{PASSWORD}@h", f"https://{PASSWORD}@h", f"https://@h/{PASSWORD}"),
        *(f"https://:{PASSWORD}@h:abc", f"https://:{PASSWORD}@[::1", f"ftp://:{PASSWORD}@h", f"https:/{PASSWORD}@h"),
        *("http://h", "http://localhost.example", "http://127.0.0.1.example", "http://0.0.0.0", "ftp://localhost"),
        *("https://h/" + "a" * 2000, "wss://h", "file:///etc/passwd", "javascript:alert(1)"),
    ],
)
def test_what_can_be_no_address_is_refused_when_a_client_is_made(base_url: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"^base_url ") as caught:
        BatchClient("key", "project_abcd", base_url=base_url)
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown.replace(repr(base_url), "")
    assert PASSWORD not in str(caught.value) + repr(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    ("base_url", "sent_to"),
    [
        ("https://api.batch.com/2.11", "https://api.batch.com/2.11/x"),
        ("https://api.batch.com/2.11//", "https://api.batch.com/2.11/x"),
        ("HTTPS://API.batch.com", "https://api.batch.com/x"),
        ("https://api.batch.com.", "https://api.batch.com./x"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/a/x"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example/x"),
        ("https://my_proxy-1:8443/a/b", "https://my_proxy-1:8443/a/b/x"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443/x"),
        ("https://192.0.2.7", "https://192.0.2.7/x"),
        ("http://[::1]:8", "http://[::1]:8/x"),
        ("http://LOCALHOST:8", "http://localhost:8/x"),
        ("http://127.8.9.10/", "http://127.8.9.10/x"),
        ("https://h/é@b", "https://h/%C3%A9@b/x"),
    ],
)
def test_what_can_be_one_is_one(base_url: str, sent_to: str) -> None:
    url, origin = address.checked(base_url, EXAMPLE)
    assert url.startswith(origin)
    assert str(httpx.URL(f"{url}/x").copy_with(host=httpx.URL(url).raw_host.decode())) == sent_to
    assert origin in repr(BatchClient("key", "project_abcd", base_url=base_url))


PIECES = (
    *(
        "https://",
        "http://",
        "HTTPS:",
        "h",
        "localhost",
        "127.0.0.1",
        "[::1]",
        "[",
        "]",
        "@",
        ":",
        ":80",
        "/",
        "\\",
        ".",
    ),
    *("..", "%2e", "?", "#", "\n", " ", "ü", "℀", "\ud800", "xn--", "0", "\u0661", "-", "_", "a" * 70),
)


@given(
    st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=8).map("".join), st.text().map("https://{}".format))
)
def test_any_text_is_an_address_or_is_refused(base_url: str) -> None:
    try:
        url, _ = address.checked(base_url, EXAMPLE)
    except ConfigurationError:
        return
    built = httpx.URL(f"{url}/audiences/view?name=x")
    assert built.scheme in ("https", "http")
    assert built.path.endswith("/audiences/view")
    assert not built.userinfo
    built.raw_host.decode().encode("idna")  # as the resolver will
    assert address.is_safe(str(built))


@given(st.text())
def test_no_link_makes_the_question_fail_whether_it_is_safe(url: str) -> None:
    assert address.is_safe(url) in (True, False)
