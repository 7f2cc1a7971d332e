"""Holds client events of the Realtime API, one JSON object a line on standard input, against the types
of the `openai` package (PyPI). Prints each event that they refuse; the exit status is 1 then.

A union member that names another `type` is no complaint of its own, and members that the types do not
know are one: they would be silently ignored by the server.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any, get_args

from openai.types.realtime.realtime_client_event_param import RealtimeClientEventParam
from pydantic import ConfigDict, TypeAdapter, ValidationError
from typing_extensions import get_type_hints, is_typeddict


def forbid_unknown(annotation: Any, seen: set) -> None:
    """Makes every typed dictionary below `annotation` refuse members that it does not declare."""
    if is_typeddict(annotation):
        if annotation in seen:
            return
        seen.add(annotation)
        annotation.__pydantic_config__ = ConfigDict(extra="forbid")
        for member in get_type_hints(annotation).values():
            forbid_unknown(member, seen)
    else:
        for argument in get_args(annotation):
            forbid_unknown(argument, seen)


def read_all(value: Any) -> None:
    """Reads iterables to their end, since pydantic checks their members only then."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, Iterator)):
        return
    for member in value:
        read_all(member)


def main() -> int:
    forbid_unknown(RealtimeClientEventParam, set())
    adapters = {}
    for kind in get_args(RealtimeClientEventParam):
        literal = get_type_hints(kind)["type"]
        adapters[get_args(literal)[0]] = TypeAdapter(kind)
    count, faults = 0, 0
    for line in sys.stdin:
        event = json.loads(line)
        count += 1
        adapter = adapters.get(event.get("type"))
        try:
            if adapter is None:
                raise ValueError("no such event")
            read_all(adapter.validate_python(event))
        except (ValidationError, ValueError) as error:
            faults += 1
            print(f"{line.strip()}\n{error}\n")
    print(f"{count} events, {faults} refused")
    return 1 if faults or not count else 0


sys.exit(main())
