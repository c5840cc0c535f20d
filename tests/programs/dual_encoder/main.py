import tensorflow as tf

from retrieval import BruteForceIndex, DualEncoder, StreamingIndex, in_batch_softmax
from retrieval.losses import hard_negatives, mrr, uniformity

PAIRS = [
    ("red shoes", "running shoes red"), ("blue coat", "warm winter coat"), ("garden hose", "hose for garden"),
    ("coffee mug", "big coffee mug"), ("desk lamp", "lamp for desk"), ("usb cable", "usb c cable"),
]


def train_step(model, optimizer, queries, items):
    with tf.GradientTape() as tape:
        q, i = model((queries, items))
        loss, logits = in_batch_softmax(q, i)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    return loss, logits


def main():
    tf.keras.utils.set_random_seed(6)
    model, opt = DualEncoder(), tf.keras.optimizers.Adagrad(0.5)
    queries, items = (tf.constant(list(col)) for col in zip(*PAIRS))
    for step in range(4):
        loss, logits = train_step(model, opt, queries[step % 2:], items[step % 2:])
        print("loss", loss.numpy().round(4), "mrr", mrr(logits).round(3), hard_negatives(logits, 1 + step).numpy()[0])
    vectors = model.encode_items(items)
    index = BruteForceIndex(2).index([i for _, i in PAIRS], vectors)
    stream = StreamingIndex(2)
    for text in ("red shoes", "lamp", "usb coffee"):
        q = model.encode_queries(tf.constant([text]))
        scores, ids = index.query(q)
        s2, i2 = stream.search(q, [vectors[:2], vectors[2:4], vectors[4:]])
        print(text, ids[0], scores.numpy().round(3), bool(tf.reduce_all(tf.abs(scores - s2) < 1e-5)), i2.numpy()[0])
        print("uniformity", uniformity(vectors[: 3 + len(text) % 3]).numpy().round(4))
    print("lookups", index.lookups)


if __name__ == "__main__":
    main()
