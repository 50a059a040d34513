"""The student's side of a test: hands plain values out and calls the student's functions when asked.

This runs inside the sandbox, where the student can change everything, so nothing here is trusted: whatever
comes back is read as a plain value by `judge`.
"""

import importlib
import json
import sys

from .plain import decode, encode

_held: list = []


def answer(text: str) -> str:
    """Do what a request asks and return the outcome, both as JSON.

    Args:
        text: `{"do": what, ...}`; what: name, call, attr, item, len, iter, str, float, int or array.

    Returns:
        `{"value": ...}`, `{"missing": true}` or `{"error": [class name, message]}`; for a call also
        `"changed"`: the arguments that the function changed in place.
    """
    try:
        return json.dumps(_do(json.loads(text)))
    except BaseException as error:  # a student's function may raise anything, even SystemExit
        return json.dumps({"error": [type(error).__name__, str(error)[:2000]]})


def _do(request: dict) -> dict:
    do = request["do"]
    if do == "name":
        space = sys.modules["__main__"].__dict__
        name = request["name"]
        return {"value": encode(space[name], _refer)} if name in space else {"missing": True}
    target = _held[request["id"]]
    if do == "call":
        return _call(target, decode(request["args"], _resolve), decode(request["kwargs"], _resolve))
    if do == "attr":
        if not hasattr(target, request["name"]):
            return {"missing": True}
        value = getattr(target, request["name"])
    elif do == "item":
        value = target[decode(request["key"], _resolve)]
    elif do == "array":
        import numpy

        value = numpy.asarray(target)
    else:
        value = {"len": len, "iter": list, "str": str, "float": float, "int": int}[do](target)
    return {"value": encode(value, _refer)}


def _call(target, args: list, kwargs: dict) -> dict:
    given = [*args, *kwargs.values()]
    before = [encode(value, _refer_quietly) for value in given]
    returned = target(*args, **kwargs)
    after = [encode(value, _refer_quietly) for value in given]
    changed = [[i, now] for i, (then, now) in enumerate(zip(before, after, strict=True)) if then != now]
    return {"value": encode(returned, _refer), "changed": changed}


def _refer(value) -> dict:
    _held.append(value)
    kind = type(value)
    return {
        "kind": "ref",
        "id": len(_held) - 1,
        "class": [kind.__module__, kind.__qualname__],
        "callable": callable(value),
        "label": str(getattr(value, "__name__", kind.__name__)),
    }


def _refer_quietly(value) -> dict:
    return {"kind": "ref", "id": id(value)}


def _resolve(reference: dict):
    if reference["kind"] == "ref":
        return _held[reference["id"]]
    if reference["kind"] == "named":
        value = importlib.import_module(reference["module"])
        for part in reference["name"].split("."):
            value = getattr(value, part)
        return value
    raise ValueError(f"Unknown kind of value: {reference['kind']!r}.")
