"""The pytest plugin, as a project that has batch_api installed meets it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty test suite in an environment that has batch_api."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeini("[pytest]\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n")
    return pytester


def outcome(run: Callable[..., pytest.RunResult], *options: str) -> pytest.RunResult:
    installed = any(one.value == "batch_api.testing.plugin" for one in metadata.entry_points(group="pytest11"))
    load = () if installed else ("-p", "batch_api.testing.plugin")
    return run(*load, "-p", "no:cacheprovider", *options)


def test_the_entry_point_is_declared() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["pytest11"]
    assert declared == {"batch_api": "batch_api.testing.plugin"}


def test_loading_it_imports_nothing_but_pytest() -> None:
    """Every run of pytest pays for it, whether or not it has to do with Batch."""
    code = (
        "import sys, pytest; known = {*sys.modules}; import batch_api.testing.plugin; print(*({*sys.modules} - known))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    added = set(ran.stdout.split())
    assert {name for name in added if name.partition(".")[0] not in sys.stdlib_module_names} == {
        "batch_api",
        "batch_api._version",
        "batch_api.testing",
        "batch_api.testing.plugin",
    }


def test_the_fixtures_in_async_tests(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        EDIT = [{"identifiers": {"custom_id": "u1"}, "attributes": {"tier": "gold"}}]

        async def test_opened(fake_batch, batch_client):
            async with batch_client as client:
                await client.profiles.update(EDIT)
            assert fake_batch.project().profiles.by_id["u1"].attributes == {"tier": "gold"}

        async def test_not_opened(fake_batch, batch_client):
            await batch_client.profiles.update(EDIT)
            assert [edit.edit for edit in fake_batch.edits] == EDIT

        async def test_limits_are_on(fake_batch, batch_client):
            assert fake_batch.project().limiter._mode == "documented"
        """
    )
    outcome(project.runpytest_inprocess, "--asyncio-mode=auto").assert_outcomes(passed=3)


def test_the_fixtures_without_an_async_plugin(project: pytest.Pytester) -> None:
    project.makeini("[pytest]\nfilterwarnings = error\n")
    project.makepyfile(
        """
        import asyncio

        def test_it(fake_batch, batch_client):
            async def main():
                async with batch_client as client:
                    return [segment.code async for segment in client.segments.list()]

            assert asyncio.run(main()) == ["ENGAGED", "DORMANT", "SUBSCRIBED"]
            assert fake_batch.stats["segment_list"].accepted == 1
        """
    )
    outcome(project.runpytest_inprocess, "-p", "no:asyncio").assert_outcomes(passed=1)


def test_a_test_does_not_wait_for_what_an_earlier_one_spent(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio, pytest

        @pytest.mark.parametrize("number", range(20))
        def test_it(batch_client, number):
            async def main():
                async with asyncio.timeout(0.9), batch_client as client:
                    await client.audiences.create("vip")

            asyncio.run(main())
        """
    )
    outcome(project.runpytest_inprocess).assert_outcomes(passed=20)


def test_options_come_from_a_fixture_and_from_the_marker(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.fixture
        def fake_batch_options():
            return {"rest_api_key": "mine", "project_key": "project_mine", "limits": False}

        def test_fixture(fake_batch):
            assert (fake_batch.rest_api_key, fake_batch.project_key) == ("mine", "project_mine")
            assert fake_batch.project().limiter._mode == "off"

        @pytest.mark.fake_batch(limits="windows")
        def test_marker(fake_batch):
            assert fake_batch.rest_api_key == "mine"
            assert fake_batch.project().limiter._mode == "windows"
        """
    )
    outcome(project.runpytest_inprocess, "--strict-markers").assert_outcomes(passed=2)


def test_a_missing_extra_is_told_when_a_fixture_is_used(project: pytest.Pytester) -> None:
    project.makeconftest("import sys\nsys.modules['jsonschema_rs'] = None\n")
    project.makepyfile(
        """
        def test_unrelated():
            pass

        def test_it(fake_batch):
            pass
        """
    )
    ran = outcome(project.runpytest_subprocess)
    ran.assert_outcomes(passed=1, errors=1)
    ran.stdout.fnmatch_lines(["*ImportError: *jsonschema_rs*install the extra*testing*"])


@pytest.mark.parametrize(("options", "lifted"), [("", False), ("limits=False", True), ('limits="windows"', False)])
def test_the_client_keeps_the_limits_that_the_fake_has(project: pytest.Pytester, options: str, lifted: bool) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.fake_batch({options})
        def test_limits(batch_client):
            assert all(limits == [] for limits in batch_client.limits().values()) is {lifted}
        """
    )
    outcome(project.runpytest_subprocess, "-q").assert_outcomes(passed=1)


def test_the_legacy_api_has_fixtures_of_its_own(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import asyncio
        import pytest

        KEYS = set()

        @pytest.mark.parametrize("number", [1, 2])
        @pytest.mark.fake_batch(limits=False)
        def test_a_send(fake_batch_app, batch_app_client, number):
            async def main():
                async with batch_app_client as client:
                    for _ in range(3):
                        await client.transactional.send({"group_id": "g", "recipients": {"custom_ids": ["u1"]}})
            asyncio.run(main())
            assert len(fake_batch_app.app().messages.sent) == 3
            KEYS.add(fake_batch_app.app_key)
            assert len(KEYS) == number
        """
    )
    outcome(project.runpytest_subprocess).assert_outcomes(passed=2)
