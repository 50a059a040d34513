"""Plain values as JSON: what crosses between the student's process and the teacher's, in both directions.

Own code, because pickle would let a student's bytes run in the teacher's process, and JSON alone knows no
arrays.
"""

import base64
import importlib
import sys
from collections import Counter, OrderedDict, defaultdict
from pathlib import PurePath
from types import MappingProxyType

DEPTH = 60
BYTES = 64 * 1024 * 1024
_DICTS = {
    dict: "dict",
    OrderedDict: "dict",
    defaultdict: "dict",
    Counter: "counter",
    MappingProxyType: "mapping",
}
_SEQUENCES = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset"}
# Classes that hold plain values only and whose code is the course's or torch's, never the student's.
_TRUSTED = ("course_utils.", "torch.nn.modules.", "torch.nn.parameter")


def encode(value, refer=None, depth: int = 0):
    """Return `value` as what JSON can hold; objects that aren't plain become `refer(value)`.

    Args:
        value: numbers, text, lists, dicts, sets, arrays, tensors, tables, objects of the course's classes.
        refer: makes a reference to any other object, or raises.

    Example:
        >>> encode([1, (2.5, None)])
        {'kind': 'list', 'items': [1, {'kind': 'tuple', 'items': [2.5, None]}]}
    """
    if depth > DEPTH:
        raise ValueError(f"A value is nested more than {DEPTH} levels deep.")

    def inner(item):
        return encode(item, refer, depth + 1)

    kind = type(value)  # exact types only: a subclass may bring operators of its own
    if value is None or kind in (bool, int, float, str):
        return value
    if kind in _SEQUENCES:
        return {"kind": _SEQUENCES[kind], "items": [inner(item) for item in value]}
    if kind in _DICTS:
        return {"kind": _DICTS[kind], "items": [[inner(k), inner(v)] for k, v in value.items()]}
    if value is ...:
        return {"kind": "dots"}
    if kind in (bytes, bytearray):
        return {"kind": "bytes", "data": base64.b64encode(value).decode()}
    if kind is complex:
        return {"kind": "complex", "items": [value.real, value.imag]}
    if kind in (range, slice):
        return {"kind": kind.__name__, "items": [inner(i) for i in (value.start, value.stop, value.step)]}
    if isinstance(value, PurePath):
        return {"kind": "path", "text": str(value)}
    if (packed := _encode_array(value, inner)) is not None:
        return packed
    module, name = kind.__module__, kind.__qualname__
    known = module.startswith(_TRUSTED) and getattr(sys.modules.get(module), name, None) is kind
    if known and hasattr(value, "__dict__") and not isinstance(value, type):
        return {"kind": "object", "module": module, "name": name, "state": inner(vars(value))}
    if refer is None:
        raise TypeError(f"{name} is not a plain value.")
    return refer(value)


def _encode_array(value, inner):
    """Return arrays, tensors and tables as JSON, None for anything else; imports nothing."""
    numpy, torch, pandas = (sys.modules.get(name) for name in ("numpy", "torch", "pandas"))
    kind = type(value)
    if torch is not None and kind in (torch.Tensor, torch.nn.Parameter):
        array = value.detach().cpu()
        array = (array.float() if array.dtype == torch.bfloat16 else array).numpy()
        return {"kind": "tensor", "array": inner(array), "parameter": kind is torch.nn.Parameter}
    if pandas is not None and kind in (pandas.DataFrame, pandas.Series, pandas.Index, pandas.RangeIndex):
        if kind is pandas.DataFrame:
            columns = [inner(value.iloc[:, i].to_numpy()) for i in range(value.shape[1])]
            return {"kind": "frame", "columns": columns, "names": inner(list(value.columns)),
                    "index": inner(value.index.to_numpy())}  # fmt: skip
        if kind is pandas.Series:
            return {"kind": "series", "array": inner(value.to_numpy()), "name": inner(value.name),
                    "index": inner(value.index.to_numpy())}  # fmt: skip
        return {"kind": "index", "array": inner(value.to_numpy())}
    if numpy is None or not (kind is numpy.ndarray or kind.__module__ == "numpy"):
        return None
    if isinstance(value, numpy.dtype):
        return {"kind": "dtype", "text": value.str}
    if isinstance(value, numpy.generic | numpy.ndarray):
        array = numpy.asarray(value)
        if array.nbytes > BYTES:
            raise ValueError(f"An array of {array.nbytes / 1e6:.0f} MB is too large to be tested.")
        if array.dtype.kind == "O":
            return {"kind": "objects", "shape": list(array.shape), "items": [inner(i) for i in array.ravel()]}
        if array.dtype.kind in "biufcSUmM":
            data = base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()
            shape = list(array.shape)
            return {"kind": "array", "dtype": array.dtype.str, "shape": shape, "data": data,
                    "scalar": kind is not numpy.ndarray}  # fmt: skip
    return None


def decode(value, resolve=None):
    """Return the value that `encode` was given; a reference becomes `resolve(reference)`.

    Example:
        >>> decode(encode({"a": (1, 2)}))
        {'a': (1, 2)}
    """
    if not isinstance(value, dict):
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise ValueError("This is no encoded value.")
    kind = value["kind"]

    def inner(item):
        return decode(item, resolve)

    if kind in ("list", "tuple", "set", "frozenset"):
        make = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind]
        return make(inner(item) for item in value["items"])
    if kind in ("dict", "counter", "mapping"):
        pairs = {inner(k): inner(v) for k, v in value["items"]}
        return {"dict": dict, "counter": Counter, "mapping": MappingProxyType}[kind](pairs)
    if kind == "dots":
        return ...
    if kind == "bytes":
        return base64.b64decode(value["data"])
    if kind == "complex":
        return complex(*value["items"])
    if kind in ("range", "slice"):
        return {"range": range, "slice": slice}[kind](*value["items"])
    if kind == "path":
        return PurePath(value["text"])
    if kind in ("array", "objects", "dtype", "tensor", "frame", "series", "index"):
        return _decode_array(kind, value, inner)
    if kind == "object":
        return _decode_object(value, inner)
    if resolve is None:
        raise ValueError(f"Unknown kind of value: {kind!r}.")
    return resolve(value)


def _decode_array(kind: str, value: dict, inner):
    import numpy as np

    if kind == "dtype":
        return np.dtype(value["text"])
    if kind == "objects":
        array = np.empty(len(value["items"]), object)
        array[:] = [inner(item) for item in value["items"]]
        return array.reshape(value["shape"])
    if kind == "array":
        dtype = np.dtype(value["dtype"])
        if dtype.kind not in "biufcSUmM":
            raise ValueError(f"No such array: {dtype}.")
        array = np.frombuffer(base64.b64decode(value["data"]), dtype).reshape(value["shape"]).copy()
        return array[()] if value.get("scalar") else array
    if kind == "tensor":
        import torch

        tensor = torch.from_numpy(np.asarray(inner(value["array"])))
        floats = tensor.is_floating_point()
        return torch.nn.Parameter(tensor, requires_grad=floats) if value["parameter"] else tensor
    import pandas as pd

    if kind == "index":
        return pd.Index(inner(value["array"]))
    index = pd.Index(inner(value["index"]))
    if kind == "series":
        return pd.Series(inner(value["array"]), index=index, name=inner(value["name"]))
    frame = pd.DataFrame({i: inner(column) for i, column in enumerate(value["columns"])}, index=index)
    frame.columns = inner(value["names"])
    return frame


def _decode_object(value: dict, inner):
    """Rebuild an object of the course's or torch's classes without calling any of its methods."""
    module, name = value["module"], value["name"]
    fine = module.startswith(_TRUSTED) and "__main__" not in module and ".classroom" not in module
    kind = getattr(importlib.import_module(module), name, None) if fine else None
    if not isinstance(kind, type) or kind.__module__ != module:
        raise ValueError(f"No object of {module}.{name} may cross.")
    made = object.__new__(kind)
    vars(made).update(inner(value["state"]))
    return made
