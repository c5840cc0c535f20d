import contextlib
import logging

from .accumulators import Accumulator

log = logging.getLogger("evalkit")


@contextlib.contextmanager
def section(name, sink):
    sink.append("begin " + name)
    try:
        yield
    finally:
        sink.append("end " + name)


class EvaluationRunner:
    def __init__(self, model, accumulators, max_batches=None):
        self.model = model
        self.accumulators = list(accumulators)
        self.max_batches = max_batches
        self.events = []
        self.hooks = []

    def register_hook(self, fn):
        self.hooks.append(fn)
        return fn

    def evaluate_batch(self, x, y):
        logits = self.model(x)
        for acc in self.accumulators:
            acc.add(y, logits)
        for hook in self.hooks:
            hook(y, logits)
        return logits

    def run(self, dataset, name="eval"):
        for acc in self.accumulators:
            acc.reset()
        with section(name, self.events):
            for i, (x, y) in enumerate(dataset):
                if self.max_batches is not None and i >= self.max_batches:
                    log.warning("stopped after %d batches", i)
                    break
                self.evaluate_batch(x, y)
        return self.report()

    def report(self):
        return {acc.name: acc.result() for acc in self.accumulators}
