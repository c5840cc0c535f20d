"""The function can run as a graph, and is the one of its program worth converting.

## Why this matters in a graph
A function that dispatches ten or more TensorFlow operations per call runs two to eight times as fast under
`tf.function`. This one is safe to convert as far as can be seen, and the plan for the whole program chose it: what
it calls is traced along with it, so converting these as well would gain nothing.

## Example
```python
import tensorflow as tf


def step(x):
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    return x


step(tf.ones([3, 3]))
```

## Use instead
```python
import tensorflow as tf


@tf.function
def step(x):
    for _ in range(10):
        x = tf.tanh(tf.matmul(x, x)) + 1.0
    return x


step(tf.ones([3, 3]))
```

`graphlift fix` makes this edit. `# graphlift: ignore[convertible]` on the `def` line declines it: neither the editor
nor `fix` converts the function then, and the plan looks at what it calls instead.

## What this rule cannot see
What the assumptions of the verdict name, which `graphlift explain` lists.

## References
- https://www.tensorflow.org/guide/function
- https://www.tensorflow.org/guide/intro_to_graphs
"""

from graphlift.verdict import Severity

SEVERITY = Severity.HINT
