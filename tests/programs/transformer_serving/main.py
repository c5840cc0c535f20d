"""A decoder served token by token: caches, sampling, batching. Signatures where the exporter wanted them."""
import tensorflow as tf

VOCAB, WIDTH, HEADS = 11, 8, 2


def weight(name, shape, seed):
    return tf.Variable(tf.random.stateless_normal(shape, [seed, len(name)]) * 0.4, name=name)


def split_heads(x):
    b, t = tf.shape(x)[0], tf.shape(x)[1]
    return tf.transpose(tf.reshape(x, [b, t, HEADS, WIDTH // HEADS]), [0, 2, 1, 3])


def merge_heads(x):
    x = tf.transpose(x, [0, 2, 1, 3])
    return tf.reshape(x, [tf.shape(x)[0], tf.shape(x)[1], WIDTH])


@tf.function
def causal_mask(n):
    return tf.linalg.band_part(tf.ones([n, n]), -1, 0)


@tf.function
def layer_norm(x, epsilon=1e-5):
    mean, var = tf.nn.moments(x, [-1], keepdims=True)
    return (x - mean) * tf.math.rsqrt(var + epsilon)


class Block(tf.Module):
    def __init__(self, seed):
        super().__init__()
        self.qkv = weight("qkv", [WIDTH, 3 * WIDTH], seed)
        self.out = weight("out", [WIDTH, WIDTH], seed)
        self.up = weight("up", [WIDTH, 2 * WIDTH], seed)
        self.down = weight("down", [2 * WIDTH, WIDTH], seed)

    def attend(self, q, k, v, mask=None):
        scores = tf.matmul(q, k, transpose_b=True) / (WIDTH / HEADS) ** 0.5
        if mask is not None:
            scores -= 1e9 * (1.0 - mask)
        return merge_heads(tf.nn.softmax(scores) @ v) @ self.out

    def __call__(self, x):
        q, k, v = (split_heads(part) for part in tf.split(layer_norm(x) @ self.qkv, 3, -1))
        x = x + self.attend(q, k, v, causal_mask(tf.shape(x)[1]))
        return x + tf.nn.gelu(layer_norm(x) @ self.up) @ self.down

    @tf.function
    def step(self, x, cache):
        q, k, v = (split_heads(part) for part in tf.split(layer_norm(x) @ self.qkv, 3, -1))
        if cache is not None:
            k, v = tf.concat([cache[0], k], 2), tf.concat([cache[1], v], 2)
        x = x + self.attend(q, k, v)
        return x + tf.nn.gelu(layer_norm(x) @ self.up) @ self.down, (k, v)


class Decoder(tf.Module):
    def __init__(self, blocks=2):
        super().__init__()
        self.embed = weight("embed", [VOCAB, WIDTH], 9)
        self.blocks = [Block(seed) for seed in range(blocks)]
        self.served = 0

    @tf.function(input_signature=[tf.TensorSpec([None, None], tf.int32)])
    def logits(self, tokens):
        x = tf.gather(self.embed, tokens)
        for block in self.blocks:
            x = block(x)
        return tf.matmul(x, self.embed, transpose_b=True)

    def step(self, token, caches):
        x = tf.gather(self.embed, token)[:, None]
        grown = []
        for block, cache in zip(self.blocks, caches):
            x, cache = block.step(x, cache)
            grown.append(cache)
        return tf.matmul(x, self.embed, transpose_b=True)[:, 0], grown

    @tf.function
    def status(self):
        return {"blocks": len(self.blocks), "vocabulary": VOCAB}

    @tf.function
    def served_so_far(self):
        self.served += 1
        return self.served


@tf.function
def pick(logits, temperature, seed):
    if temperature == 0.0:
        return tf.argmax(logits, -1, tf.int32)
    noise = tf.random.stateless_uniform(tf.shape(logits), seed, 1e-6, 1.0)
    return tf.argmax(logits / temperature - tf.math.log(-tf.math.log(noise)), -1, tf.int32)


@tf.function
def nucleus(logits, p):
    ordered = tf.sort(logits, direction="DESCENDING")
    cumulative = tf.cumsum(tf.nn.softmax(ordered), axis=-1, exclusive=True)
    cutoff = tf.reduce_min(tf.where(cumulative < p, ordered, ordered.dtype.max), -1, keepdims=True)
    return tf.where(logits >= cutoff, logits, logits.dtype.min)


@tf.function
def batch_prompts(prompts, pad=0):
    longest = max(len(prompt) for prompt in prompts)
    return [prompt + [pad] * (longest - len(prompt)) for prompt in prompts]


@tf.function
def stop_reason(tokens, end, limit):
    if end in tokens:
        return "end"
    return "limit" if len(tokens) >= limit else "running"


def generate(model, prompt, n, temperature):
    caches, tokens = [None] * len(model.blocks), list(prompt)
    for token in prompt:
        logits, caches = model.step(tf.constant([token]), caches)
    for i in range(n):
        token = pick(nucleus(logits, 0.9), temperature, tf.constant([i, 1]))
        tokens.append(int(token[0]))
        logits, caches = model.step(token, caches)
    return tokens


def perplexity(model, tokens):
    tokens = tf.constant([tokens])
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(tokens[:, 1:], model.logits(tokens)[:, :-1])
    return tf.exp(tf.reduce_mean(losses))


def text_of(value):
    return value.numpy().decode() if tf.is_tensor(value) else value


def main():
    model = Decoder()
    for prompt, temperature in [([1, 2], 0.0), ([3, 4, 5], 0.5), ([6], 1.0)]:
        tokens = generate(model, prompt, 4, temperature)
        count = model.served_so_far()
        print(tokens, round(float(perplexity(model, tokens)), 3), text_of(stop_reason(tokens, 0, 7)), int(count))
    rows = batch_prompts([[1, 2], [3, 4, 5], [6]])
    tokens = tf.constant([[int(t) for t in row] for row in rows])
    print(round(float(tf.reduce_sum(model.logits(tokens))), 3))
    print({key: int(value) for key, value in model.status().items()})


if __name__ == "__main__":
    main()
