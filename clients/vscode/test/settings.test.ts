import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenSettings, type Configuration, serverKeys } from "../src/settings";

/** A configuration with these values set by the user and by the workspace; `defaults` count where neither did. */
function configuration(
  user: Record<string, unknown>,
  workspace: Record<string, unknown> = {},
  defaults: Record<string, unknown> = {},
): Configuration {
  return {
    get: (key) => workspace[key] ?? user[key] ?? defaults[key],
    inspect: (key) => ({ globalValue: user[key], workspaceValue: workspace[key] }),
  };
}

test("the extension's own settings are not the server's", () => {
  const names = [
    "graphlift.keras",
    "graphlift.path",
    "graphlift.trace.server",
    "graphlift.inlayHints.tensors",
  ];
  assert.deepEqual(serverKeys(names), ["keras", "inlayHints.tensors"]);
});

test("defaults are not sent, even where they say something", () => {
  const given = configuration({}, {}, { respectGitignore: true, exclude: [] });
  assert.deepEqual(chosenSettings(given, ["respectGitignore", "exclude"]), {});
});

test("a setting with the default's value is sent once somebody has set it", () => {
  const given = configuration({ respectGitignore: true }, {}, { respectGitignore: true });
  assert.deepEqual(chosenSettings(given, ["respectGitignore"]), { respectGitignore: true });
});

test("the workspace's value wins, and nothing is not a value", () => {
  const given = configuration({ keras: 3, tensorflow: null, interpreter: "" }, { keras: 2 });
  assert.deepEqual(chosenSettings(given, ["keras", "tensorflow", "interpreter"]), { keras: 2 });
});

test("names with dots are nested", () => {
  const given = configuration({ "inlayHints.tensors": true, "inlayHints.returns": false });
  assert.deepEqual(
    chosenSettings(given, ["inlayHints.tensors", "inlayHints.parameters", "inlayHints.returns"]),
    {
      inlayHints: { tensors: true, returns: false },
    },
  );
});

test("a value that VS Code leaves out in an untrusted workspace is not sent", () => {
  const given: Configuration = {
    get: () => null,
    inspect: () => ({ workspaceValue: "/workspace/.venv/bin/python" }),
  };
  assert.deepEqual(chosenSettings(given, ["interpreter"]), {});
});
