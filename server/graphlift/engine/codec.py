"""Values and keys as bytes, for the disk cache: msgpack of the annotated types by default."""

from __future__ import annotations

import copy
import functools
import hashlib
import inspect
import typing
from collections.abc import Hashable
from typing import Any

import msgspec

from graphlift.engine.query import Spec

DIGEST_SIZE = 16

UNPACKABLE = (TypeError, ValueError, OverflowError, RecursionError)
"""What encoders raise for values they can't write (`msgspec.MsgspecError` is a `ValueError`)."""

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_raw_encoder = msgspec.msgpack.Encoder()


def digest_bytes(data: bytes | memoryview) -> bytes:
    """A hash that no two different texts share."""
    return hashlib.blake2b(data, digest_size=DIGEST_SIZE).digest()


def encode(value: Any) -> bytes:
    """Msgpack of a value: the same bytes in every process, whatever the order of sets and dicts."""
    try:
        return _encoder.encode(value)
    except TypeError:
        # msgspec orders neither dicts with other keys than `str` nor sets whose elements have no order.
        return _raw_encoder.encode(_ordered(value))


def _ordered(value: Any) -> Any:
    """What is written as the value would be, with sets and dicts in the order of their elements' bytes."""
    if isinstance(value, dict):
        pairs = sorted((_bytes(key), _bytes(item)) for key, item in value.items())
        head = b"\xdf" + len(pairs).to_bytes(4, "big")
        return msgspec.Raw(head + b"".join(key + item for key, item in pairs))
    if isinstance(value, set | frozenset):
        return [msgspec.Raw(data) for data in sorted(_bytes(item) for item in value)]
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, msgspec.Struct):
        twin = copy.copy(value)
        for name in value.__struct_fields__:
            # Not `replace`: the class may check its fields on construction.
            msgspec.structs.force_setattr(twin, name, _ordered(getattr(value, name)))
        return twin
    return value


def _bytes(value: Any) -> bytes:
    return _raw_encoder.encode(_ordered(value))


def pack(spec: Spec, value: Any) -> bytes:
    """A value of a persistent query as bytes; raises one of `UNPACKABLE` when it has no such form."""
    return spec.codec[0](value) if spec.codec is not None else encode(value)


def unpack(spec: Spec, data: bytes) -> Any:
    """The value back; raises whatever the decoder raises when the bytes are not of the query's type."""
    return spec.codec[1](data) if spec.codec is not None else _value_decoder(spec).decode(data)


def digest(spec: Spec, value: Any, packed: bytes | None = None) -> bytes | None:
    """A hash of a value that holds across processes, or `None` when there is no way to make one.

    `packed` saves packing the value again where that has been done.
    """
    if spec.digest is not None:
        return digest_bytes(spec.digest(value))
    if packed is not None:
        return digest_bytes(packed)
    if not spec.persist and not spec.is_input:
        return None
    try:
        return digest_bytes(pack(spec, value))
    except UNPACKABLE:
        return None


def check(spec: Spec) -> None:
    """Raise `TypeError` if a query's declaration doesn't say how its keys and values are to be read again."""
    _key_decoder(spec)
    if spec.persist and spec.codec is None:
        _value_decoder(spec)


def pack_key(key: Hashable) -> bytes:
    """A key as bytes; raises one of `UNPACKABLE` when it has no such form."""
    return encode(key)


def unpack_key(spec: Spec, data: bytes) -> Hashable:
    """The key back, of the annotated types; raises `msgspec.MsgspecError` for other bytes."""
    key: Hashable = _key_decoder(spec).decode(data)
    return key


@functools.cache
def _value_decoder(spec: Spec) -> msgspec.msgpack.Decoder[Any]:
    return _decoder(spec, _annotations(spec)["return"])


@functools.cache
def _key_decoder(spec: Spec) -> msgspec.msgpack.Decoder[Any]:
    hints = _annotations(spec)
    types = [hints[name] for name in list(inspect.signature(spec.body).parameters)[1:]]
    return _decoder(spec, types[0] if spec.arity == 1 else tuple.__class_getitem__(tuple(types)))


def _decoder(spec: Spec, declared: Any) -> msgspec.msgpack.Decoder[Any]:
    try:
        return msgspec.msgpack.Decoder(declared)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"query `{spec.qualified}` can't be written to disk as {declared}: {error}"
        ) from error


def _annotations(spec: Spec) -> dict[str, Any]:
    try:
        hints = typing.get_type_hints(spec.body)
    except NameError as error:
        raise TypeError(
            f"query `{spec.qualified}` can't be written to disk: the annotation {error.name!r} isn't "
            "importable at run time"
        ) from error
    missing = [
        name for name in [*list(inspect.signature(spec.body).parameters)[1:], "return"] if name not in hints
    ]
    if missing:
        raise TypeError(f"query `{spec.qualified}` can't be written to disk: {missing[0]!r} isn't annotated")
    return hints
