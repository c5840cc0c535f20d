import tensorflow as tf


class EMA:
    def __init__(self, model, decay=0.9):
        self.decay = decay
        self.averages = [tf.Variable(v, trainable=False) for v in model.trainable_variables]
        self._backup = None

    def effective_decay(self, step):
        return tf.minimum(self.decay, (1.0 + step) / (10.0 + step))

    def update(self, model, step):
        d = self.effective_decay(tf.cast(step, tf.float32))
        for avg, v in zip(self.averages, model.trainable_variables):
            avg.assign(d * avg + (1.0 - d) * v)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.restore()

    def swap_in(self, model):
        self._model = model
        self._backup = [tf.identity(v) for v in model.trainable_variables]
        for v, avg in zip(model.trainable_variables, self.averages):
            v.assign(avg)
        return self

    def restore(self):
        if self._backup is not None:
            for v, b in zip(self._model.trainable_variables, self._backup):
                v.assign(b)
            self._backup = None
