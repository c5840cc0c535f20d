"""The declaration of queries: `@query` and `@input_query`."""

from __future__ import annotations

import functools
import inspect
import operator
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, overload

if TYPE_CHECKING:
    from graphlift.engine.database import Database

P = ParamSpec("P")
V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)

Equal = Callable[[Any, Any], bool]
Codec = tuple[Callable[[Any], bytes], Callable[[bytes], Any]]
Digest = Callable[[Any], bytes]

MAX_ITERATIONS = 6
"""Iterations of a cycle before its values are widened."""


class Spec:
    """What was declared of one query. One exists per decorated function; it is compared by identity."""

    __slots__ = (
        "arity",
        "body",
        "codec",
        "cycle",
        "digest",
        "equal",
        "is_input",
        "max_iterations",
        "name",
        "persist",
        "qualified",
        "widen",
    )

    def __init__(
        self,
        body: Callable[..., Any],
        arity: int,
        *,
        is_input: bool = False,
        persist: bool = False,
        equal: Equal = operator.eq,
        cycle: Callable[..., Any] | None = None,
        widen: Callable[..., Any] | None = None,
        max_iterations: int = MAX_ITERATIONS,
        codec: Codec | None = None,
        digest: Digest | None = None,
    ) -> None:
        self.body = body
        self.arity = arity
        self.name = body.__name__
        self.qualified = f"{body.__module__}.{body.__qualname__}"
        self.is_input = is_input
        self.persist = persist
        self.equal = equal
        self.cycle = cycle
        self.widen = widen
        self.max_iterations = max_iterations
        self.codec = codec
        self.digest = digest

    def __repr__(self) -> str:
        return f"<query {self.qualified}>"

    def parts(self, key: Hashable) -> tuple[Any, ...]:
        """The key as positional arguments."""
        return (key,) if self.arity == 1 else cast("tuple[Any, ...]", key)


class Query(Protocol[P, V_co]):
    """A decorated query: `name(db, key)` gives its value, from memory when nothing it read has changed.

    Its keys are hashable, and the key parts are positional. Keys that compare equal are one key: `1`, `1.0`
    and `True` are, so keys that must tell them apart have to carry the type as well.
    """

    spec: Spec
    __name__: str

    def __call__(self, db: Database, /, *key: P.args, **no: P.kwargs) -> V_co:
        """The value for this key; raises what the body raises, `Cancelled` and `CycleError`."""
        ...


registry: dict[str, Spec] = {}
"""Each declared query by its qualified name, for the disk cache, which knows queries by name only."""


@overload
def query(body: Callable[Concatenate[Database, P], V], /) -> Query[P, V]: ...
@overload
def query(
    *,
    persist: bool = False,
    equal: Callable[[V, V], bool] = operator.eq,
    cycle: Callable[..., V] | None = None,
    widen: Callable[..., V] | None = None,
    max_iterations: int = MAX_ITERATIONS,
    codec: tuple[Callable[[V], bytes], Callable[[bytes], V]] | None = None,
    digest: Callable[[V], bytes] | None = None,
) -> Callable[[Callable[Concatenate[Database, P], V]], Query[P, V]]: ...
def query(body: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a query of a function of a database and key parts.

    The body must be a pure function of what it gets from the database and of its key, and its value must not
    be changed afterwards by anyone.

    - `equal`: whether two values may stand for each other. A recomputed value that equals the old one leaves
      everything that read it untouched; the old one is kept.
    - `cycle(db, *key, approximation)`: allows the query to need its own value, and gives the approximation
      to begin with (it is called with `None`, at the first re-entry). The body runs again with its own
      result for approximation until that is a fixpoint. Any query on the cycle may turn out to be the one
      that is entered twice, depending on who asks first, so all that can be should have it.
    - `widen(db, *key, value)`: replaces each value from the iteration `max_iterations` on. It must have a
      fixpoint of its own, and soon: a cycle that changes 100 iterations later raises `DivergenceError`.
    - `persist`: keep values on disk (see `engine.disk`), through `codec` (`encode`, `decode`), by default
      msgpack of the annotated return type. Keys are written as their annotated types.
    - `digest`: for a query that isn't persistent but that persistent ones read: bytes that are equal
      exactly when the values are, across processes. Without it a value computed anew in another process
      counts as changed.
    """
    return _declare(body, is_input=False, options=options)


@overload
def input_query(body: Callable[Concatenate[Database, P], V], /) -> Query[P, V]: ...
@overload
def input_query(
    *, equal: Callable[[V, V], bool] = operator.eq, digest: Callable[[V], bytes] | None = None
) -> Callable[[Callable[Concatenate[Database, P], V]], Query[P, V]]: ...
def input_query(body: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make an input of a function whose body gives the value of a key that nobody has set.

    The body may look at the world outside (read a file), but must not get other queries. What it gave is
    kept until `Database.set` or `Database.remove`. `digest` serves the disk cache; by default it is a hash
    of the value as msgpack.
    """
    return _declare(body, is_input=True, options=options)


def _declare(body: Callable[..., Any] | None, *, is_input: bool, options: dict[str, Any]) -> Any:
    def decorate(body: Callable[..., Any]) -> Any:
        spec = Spec(body, _arity(body), is_input=is_input, **options)
        registry[spec.qualified] = spec
        call: Any = functools.update_wrapper(_caller(spec), body)
        call.spec = spec
        return call

    return decorate if body is None else decorate(body)


def _arity(body: Callable[..., Any]) -> int:
    parameters = list(inspect.signature(body).parameters.values())
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not parameters or any(p.kind not in plain or p.default is not p.empty for p in parameters):
        raise TypeError(
            f"query `{body.__qualname__}` must take a database and then its key parts, "
            "all positional and without defaults"
        )
    return len(parameters) - 1


def _caller(spec: Spec) -> Callable[..., Any]:
    # A plain function and not an object with `__call__`: calls from Python to Python use no C stack from
    # Python 3.11 on, which keeps chains of thousands of queries possible. This is the hot path of the whole
    # program.
    if spec.arity == 1:

        def call(db: Database, key: Hashable) -> Any:
            memo = db._memos[spec].get(key)
            if memo is None or memo.verified_at < db.revision:
                return db._demand(spec, key)
            deps = db._deps
            if deps is not None:
                deps[memo] = None
            return memo.value

        return call

    def call_with_parts(db: Database, *key: Hashable) -> Any:
        memo = db._memos[spec].get(key)
        if memo is None or memo.verified_at < db.revision:
            return db._demand(spec, key)
        deps = db._deps
        if deps is not None:
            deps[memo] = None
        return memo.value

    return call_with_parts
