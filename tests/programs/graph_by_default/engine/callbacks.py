import tensorflow as tf


class History:
    def __init__(self):
        self.rows = []

    @tf.function
    def record(self, epoch, loss, score):
        self.rows.append((epoch, loss, score))

    def best(self):
        return min(self.rows, key=lambda row: row[1])


class Patience:
    def __init__(self, patience):
        self.patience = patience
        self.best = float("inf")
        self.waited = 0

    @tf.function
    def should_stop(self, loss):
        if loss < self.best:
            self.best, self.waited = loss, 0
        else:
            self.waited += 1
        return self.waited >= self.patience


def line(epoch, loss, score):
    return "%d %.4f %.3f" % (epoch, loss, score)
