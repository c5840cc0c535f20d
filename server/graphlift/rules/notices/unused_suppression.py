"""A suppression comment that hides nothing.

## Why this matters in a graph
A `# graphlift: ignore[…]` that is left behind hides the next problem of its kind, and one that is misspelt hides
nothing although it seems to.

## Example
```python
def area(width, height):  # graphlift: ignore[python-side-effect]
    return width * height
```

## Use instead
```python
def area(width, height):
    return width * height
```

The quick fix, and `graphlift fix`, take out the names that hide nothing (the whole comment where no name is left),
and write misspelt names right where one rule's name is near.

## What this rule cannot see
Whether a rule that a comment names will report something under another TensorFlow or Keras version.

## References
- docs/suppression.md
"""

from graphlift.verdict import Severity

SEVERITY = Severity.WARNING
