"""`tensorflow_probability`: a distribution is described by its dtype, its batch shape and its event shape."""

from __future__ import annotations

from graphlift.models import convert, shapes
from graphlift.models.call import Call
from graphlift.models.convert import as_dims, operand
from graphlift.models.rules import result_rule
from graphlift.values import DType, Object, Shape, ShapeValue, Tensor, Unknown, Value

NOT_TOLD = Unknown("the distribution's shapes are not known")


@result_rule
def distribution(
    call: Call, dtype: str | None, batch: Shape, event: Shape, density: str | None = None
) -> Value:
    """A distribution; `density` is the dtype of its probabilities and moments."""
    return described(call.name, dtype, batch, event, density)


def described(cls: str, dtype: str | None, batch: Shape, event: Shape, density: str | None) -> Object:
    """A distribution of this class, with what decides its results."""
    return Object(
        cls,
        (
            ("_density", DType(density)),
            ("batch_shape", ShapeValue(batch)),
            ("dtype", DType(dtype)),
            ("event_shape", ShapeValue(event)),
        ),
    )


class Facts:
    """What a distribution's description says; everything is unknown where there is none."""

    def __init__(self, value: Value | None) -> None:
        config = dict(value.config) if isinstance(value, Object) else {}
        self.known = {"batch_shape", "event_shape", "dtype", "_density"} <= config.keys()
        self.batch = as_dims(config.get("batch_shape"))
        self.event = as_dims(config.get("event_shape"))
        self.dtype = _name(config.get("dtype"))
        self.density = _name(config.get("_density"))

    def both(self) -> Shape:
        """Batch and event shape, one behind the other."""
        return None if self.batch is None or self.event is None else (*self.batch, *self.event)


def _name(value: Value | None) -> str | None:
    return value.name if isinstance(value, DType) else None


@result_rule
def distribution_sample(self: Value | None, sample_shape: Value | None) -> Value:
    """`sample(sample_shape)`: the sample shape, then the batch's, then the event's."""
    facts = Facts(self)
    if not facts.known:
        return NOT_TOLD
    first = () if convert.is_none(sample_shape) else as_dims(sample_shape)
    rest = facts.both()
    return Tensor(facts.dtype, None if first is None or rest is None or -1 in first else (*first, *rest))


@result_rule
def distribution_density(self: Value | None, value: Value | None) -> Value:
    """`prob`, `log_prob` and their like: the value without its event, broadcast against the batch."""
    facts = Facts(self)
    if not facts.known:
        return NOT_TOLD
    given = operand(value).shape
    if given is None or facts.event is None or facts.batch is None or len(given) < len(facts.event):
        return Tensor(facts.density, None)
    return Tensor(facts.density, shapes.broadcast(given[: len(given) - len(facts.event)], facts.batch))


@result_rule
def distribution_moment(self: Value | None) -> Value:
    """`mean`, `stddev` and `variance`."""
    facts = Facts(self)
    return Tensor(facts.density, facts.both()) if facts.known else NOT_TOLD


@result_rule
def distribution_mode(self: Value | None) -> Value:
    """`mode`: an event for each member of the batch."""
    facts = Facts(self)
    return Tensor(facts.dtype, facts.both()) if facts.known else NOT_TOLD


@result_rule
def distribution_entropy(self: Value | None) -> Value:
    """`entropy`: one number for each member of the batch."""
    facts = Facts(self)
    return Tensor(facts.density, facts.batch) if facts.known else NOT_TOLD


@result_rule
def distribution_distance(self: Value | None, other: Value | None) -> Value:
    """`kl_divergence` and `cross_entropy`."""
    one, two = Facts(self), Facts(other)
    if not one.known:
        return NOT_TOLD
    same = two.known and one.density == two.density
    return Tensor(
        one.density if same else None, shapes.broadcast(one.batch, two.batch) if two.known else None
    )


@result_rule
def independent(call: Call, inner: Value | None, count: Value | None) -> Value:
    """`Independent`: the last `count` dimensions of the batch become part of the event."""
    facts = Facts(inner)
    number = convert.as_int(count)
    if not facts.known or facts.batch is None or facts.event is None:
        return (
            described(call.name, facts.dtype, None, None, facts.density) if facts.known else Object(call.name)
        )
    if convert.is_none(count):
        number = max(len(facts.batch) - 1, 0)
    if number is None or not 0 <= number <= len(facts.batch):
        return described(call.name, facts.dtype, None, None, facts.density)
    place = len(facts.batch) - number
    event = (*facts.batch[place:], *facts.event)
    return described(call.name, facts.dtype, facts.batch[:place], event, facts.density)
