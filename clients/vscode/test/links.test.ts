import assert from "node:assert/strict";
import { test } from "node:test";
import { relativeLinks } from "../src/links";

test("links to files become relative, with their lines", () => {
  const text = "see [journal.py:11](file:///work/app/journal.py#L11) and [b](file:///other/b.py)";
  assert.equal(
    relativeLinks(text, "/work/reports"),
    "see [journal.py:11](../app/journal.py#L11) and [b](../../other/b.py)",
  );
});

test("names stay encoded", () => {
  assert.equal(
    relativeLinks("[a](file:///w/gr%C3%B6%C3%9Fe%20%281%29/a.py#L2)", "/w"),
    "[a](gr%C3%B6%C3%9Fe%20%281%29/a.py#L2)",
  );
});

test("the web's links stay, others become text", () => {
  const text = "[tf](https://www.tensorflow.org/guide/function) [cell](vscode-notebook-cell://x/n.ipynb#W1)";
  assert.equal(relativeLinks(text, "/w"), "[tf](https://www.tensorflow.org/guide/function) cell");
});
