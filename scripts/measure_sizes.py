"""Measure how the size of tensors decides what a graph gains: chains of ops on tensors of several sizes.

    python scripts/measure_sizes.py

Prints eager time divided by graph time, the fastest round of each, as the Markdown table in `docs/gain.md`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import tensorflow as tf

LENGTHS = (1, 4, 8, 16, 32, 64)
ELEMENTWISE = (100, 10_000, 100_000, 1_000_000)
PRODUCTS = (32, 128, 512)


def elementwise(count: int) -> Callable[[Any], Any]:
    """That many sines and multiplications in turn."""

    def chain(x: Any) -> Any:
        for number in range(count):
            x = tf.sin(x) if number % 2 else x * 1.5
        return x

    return chain


def products(count: int) -> Callable[[Any], Any]:
    """That many matrix products."""

    def chain(x: Any) -> Any:
        y = x
        for _ in range(count):
            y = tf.matmul(y, x)
        return y

    return chain


def ratio(function: Callable[[Any], Any], x: Any, rounds: int) -> float:
    """Eager time divided by graph time."""
    graph = tf.function(function)
    fastest = [float("inf")] * 2
    function(x), graph(x)
    for _ in range(rounds):
        for index, each in enumerate((function, graph)):
            started = time.perf_counter()
            each(x)
            fastest[index] = min(fastest[index], time.perf_counter() - started)
    return fastest[0] / fastest[1]


def main() -> None:
    heads = [f"{size:,} numbers" for size in ELEMENTWISE] + [
        f"product of {size} × {size}" for size in PRODUCTS
    ]
    print(f"| ops | {' | '.join(heads)} |\n|{'---|' * (len(heads) + 1)}")
    for count in LENGTHS:
        cells = [
            ratio(elementwise(count), tf.random.uniform([n]), 10 if n >= 1_000_000 else 60)
            for n in ELEMENTWISE
        ]
        cells += [
            ratio(products(count), tf.random.uniform([n, n]) / n, 8 if n >= 512 else 60) for n in PRODUCTS
        ]
        print(f"| {count} | {' | '.join(f'{cell:.2f}' for cell in cells)} |", flush=True)


if __name__ == "__main__":
    main()
