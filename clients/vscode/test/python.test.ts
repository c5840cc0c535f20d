import assert from "node:assert/strict";
import { test } from "node:test";
import { candidates, choose, expand, type Python, serverCommand, supports } from "../src/python";

/** Pythons by command, for `choose` to ask. */
function installed(versions: Record<string, [number, number]>) {
  return (command: string): Promise<Python | undefined> => {
    const version = versions[command];
    return Promise.resolve(version && { executable: `/bin/${command}`, version });
  };
}

test("folders are filled in", () => {
  assert.equal(expand("~/env/bin/python", "/home/me", "/work"), "/home/me/env/bin/python");
  assert.equal(expand("${workspaceFolder}/.venv/bin/python", "/home/me", "/work"), "/work/.venv/bin/python");
  assert.equal(expand("/opt/~/python", "/home/me", "/work"), "/opt/~/python");
  assert.equal(expand("~other/python", "/home/me", "/work"), "~other/python");
  assert.equal(expand("~/$&", "/home/$1", undefined), "/home/$1/$&");
});

test("a path below a workspace that may not be used is not set", () => {
  assert.equal(expand("${workspaceFolder}/.venv/bin/python", "/home/me", undefined), "");
});

test("the user's Python comes before the system's", () => {
  assert.deepEqual(candidates(["/env/python", undefined, ""], "linux"), ["/env/python", "python3", "python"]);
  assert.deepEqual(candidates(["python"], "win32"), ["python", "py", "python3"]);
});

test("bundled packages have a newest Python, the environment's have not", () => {
  assert.equal(supports([3, 9], "useBundled"), false);
  assert.equal(supports([2, 10], "fromEnvironment"), false);
  assert.equal(supports([3, 10], "useBundled"), true);
  assert.equal(supports([3, 14], "useBundled"), true);
  assert.equal(supports([3, 15], "useBundled"), false);
  assert.equal(supports([4, 0], "useBundled"), false);
  assert.equal(supports([3, 15], "fromEnvironment"), true);
});

test("a Python that is too old is passed over, and told", async () => {
  const asked = installed({ old: [3, 8], python3: [3, 12] });
  const { python, refused } = await choose(["old", "gone", "python3"], "useBundled", "/", asked);
  assert.equal(python?.executable, "/bin/python3");
  assert.deepEqual(refused, ["old: Python 3.8", "gone: no answer"]);
});

test("no Python is an answer too", async () => {
  const { python, refused } = await choose(["gone"], "useBundled", "/", installed({}));
  assert.equal(python, undefined);
  assert.deepEqual(refused, ["gone: no answer"]);
});

test("bundled packages run isolated from the environment", () => {
  assert.deepEqual(serverCommand("py", "useBundled", "/x").args[0], "-I");
  assert.ok(!serverCommand("py", "fromEnvironment", "/x").args.includes("-I"));
});
