"""What an import brings with it."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("httpx", "attrs", "attr", "orjson", "msgspec", "dataclasses")


def loaded(statement: str) -> set[str]:
    """The modules that a fresh interpreter has after `statement`."""
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_registry_needs_neither_httpx_nor_attrs() -> None:
    assert not loaded("import batch_api._generated.cep.registry") & set(HEAVY)


def test_the_models_package_loads_no_model_until_it_is_asked_for() -> None:
    assert not {name for name in loaded("import batch_api.models") if ".cep.models." in name}
    one = {name for name in loaded("from batch_api.models import EditProfile") if ".cep.models." in name}
    assert one == {"batch_api._generated.cep.models.edit_profile"}


@pytest.mark.parametrize("area", ["audiences", "profiles", "segments"])
def test_an_area_loads_its_own_models_only(area: str) -> None:
    found = loaded(f"import batch_api._generated.cep.endpoints.{area}")
    assert not {"httpx", "orjson"} & found
    assert len([name for name in found if ".cep.models." in name]) < 6
    assert "batch_api._generated.cep.models.catalog" not in found
