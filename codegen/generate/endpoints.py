"""Views of the endpoint functions, area by area."""

from __future__ import annotations

from typing import Any

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import Property
from openapi_python_client.parser.properties.list_property import ListProperty

from batch_api._operation import Operation
from codegen.errors import CodegenError, each
from codegen.generate.describe import Descriptions
from codegen.generate.generator import Parsed
from codegen.generate.pytypes import Types
from codegen.generate.views import Area, Argument, Function, imports
from codegen.text import literal


class Endpoints:
    """Every operation as a function, in the module of its area. `areas_known` holds the docstrings of the modules."""

    def __init__(
        self,
        parsed: Parsed,
        types: Types,
        words: Descriptions,
        facts: dict[str, Operation],
        areas_known: dict[str, str],
        scope_parameter: str | None = None,
    ) -> None:
        self.parsed = parsed
        self.types = types
        self.words = words
        self.operations = words.operations
        self.facts = facts
        self.areas_known = areas_known
        self.scope_parameter = scope_parameter

    def areas(self) -> list[Area]:
        found: dict[str, list[str]] = {}
        for name, operation in sorted(self.operations.items()):
            found.setdefault(operation["tags"][0], []).append(name)
        return each(lambda entry: self._area(*entry), sorted(found.items()))

    def _area(self, area: str, operations: list[str]) -> Area:
        endpoints = [self.parsed.endpoints[name] for name in operations]
        arguments = [prop for endpoint in endpoints for prop in endpoint.query_parameters]
        bodies = [named for endpoint in endpoints for body in endpoint.bodies for named in self.types.names(body.prop)]
        bodies += [named for prop in arguments for named in self.types.names(prop)]
        answers = each(self._answer, endpoints)
        needed = {entry for prop in answers if prop is not None for entry in self.types.needs(prop)}
        types = [named for prop in answers if prop is not None for named in self.types.names(prop)]
        return Area(
            name=area,
            doc=self.areas_known.get(area, f"Operations on {area}."),
            functions=each(self._function, endpoints),
            bodies=[entry for entry in imports([*bodies, *types]) if entry not in needed],
            answers=sorted(needed),
        )

    def _function(self, endpoint: Endpoint) -> Function:
        name = str(endpoint.name)
        others = [*endpoint.header_parameters, *endpoint.cookie_parameters]
        if others:
            raise CodegenError(
                "codegen/generate/endpoints.py",
                f"{name} has a parameter in a header or cookie: {others[0].name.get_untrusted_value()}",
                "Remove it with an overlay, or teach the templates and the engine.",
            )
        answer = self._answer(endpoint)
        arguments = [self._argument(endpoint, prop) for prop in endpoint.query_parameters]
        path = [self._argument(endpoint, prop) for prop in endpoint.path_parameters]
        return Function(
            name=name,
            constant=name.upper(),
            doc=self.words.function(name),
            body=self._body(endpoint),
            path=[argument for argument in path if argument.key != literal(self.scope_parameter)],
            arguments=sorted(arguments, key=lambda argument: not argument.required),
            result=self._result(endpoint, answer),
            parse="None" if answer is None else self.types.parse(answer).replace("{}", "reply.json()"),
        )

    def _result(self, endpoint: Endpoint, answer: Any) -> str:
        declared = self.operations[str(endpoint.name)]["responses"]
        empty = any("content" not in declared.get(status, ()) for status in self._success(endpoint))
        types = [] if answer is None else self.types.of(answer)
        return " | ".join([*types, *(["None"] if empty and "None" not in types else [])])

    def _argument(self, endpoint: Endpoint, prop: Property) -> Argument:
        types = self.types.of(prop)
        if isinstance(prop, ListProperty):
            types = [f"Sequence[{' | '.join(self.types.of(prop.inner_property))}]"]
        key = prop.name.get_untrusted_value()
        parameters = self.operations[str(endpoint.name)]["parameters"]
        description = next(entry.get("description", "") for entry in parameters if entry["name"] == key)
        kind = " | ".join(types) + ("" if prop.required else " | Unset")
        return Argument(str(prop.python_name), literal(key), kind, prop.required, description)

    def _body(self, endpoint: Endpoint) -> str | None:
        if not endpoint.bodies:
            return None
        prop: Any = endpoint.bodies[0].prop
        if isinstance(prop, ListProperty):
            inner = " | ".join([*self.types.of(prop.inner_property), "Mapping[str, Any]"])
            return f"Sequence[{inner}] | Encoded"
        return " | ".join([*self.types.of(prop), "Mapping[str, Any]", "Encoded"])

    def _answer(self, endpoint: Endpoint) -> Any:
        """The property of the successful answers, `None` where none has a body; two kinds of body are refused."""
        declared = self.operations[str(endpoint.name)]["responses"]
        success = self._success(endpoint)
        found: dict[str, Any] = {}
        for response in endpoint.responses.patterns:
            if response.status_code.pattern in success and declared[response.status_code.pattern].get("content"):
                found[" | ".join(self.types.of(response.prop))] = response.prop
        if len(found) > 1:
            raise CodegenError(
                "codegen/generate/endpoints.py",
                f"{endpoint.name} has successful answers of several types: {', '.join(sorted(found))}",
                "Make them one with an overlay.",
            )
        return next(iter(found.values()), None)

    def _success(self, endpoint: Endpoint) -> set[str]:
        """The statuses of success, as the document writes them."""
        stated = {str(status) for status in self.facts[str(endpoint.name)].success}
        return stated | {status for status in self.operations[str(endpoint.name)]["responses"] if status == "2XX"}
