// The main path through the extension in a real VS Code, step by step. Prints one JSON line for each step.
//
//   node drive.mjs FOLDER VSIX EXAMPLE HOME SCREENS PYTHON
//
// FOLDER is what scripts/setup_vscode.sh filled, HOME an empty folder for everything that is written, and PYTHON has
// TensorFlow.

import assert from "node:assert/strict";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Editor, Tools, written } from "./editor.mjs";

const [folder, vsix, example, home, screens, tensorflow] = process.argv.slice(2);
const tools = new Tools(folder);

/** Run steps in order; after the first failure the rest of that editor's steps are reported as not run. */
async function run(name, options, steps) {
  const place = join(home, name);
  let editor;
  let failed = "";
  for (const [step, work] of [["starts", async () => {}], ...Object.entries(steps)]) {
    const result = { session: name, step };
    const begun = Date.now();
    try {
      if (failed) throw new Error(`not run: ${failed} failed before`);
      editor ??= await Editor.open(tools, { home: place, vsix, ...options });
      await work(editor);
    } catch (error) {
      if (!failed) {
        await editor?.screenshot(join(home, `${name}-failure.png`));
      }
      failed ||= step;
      result.error = String(error.stack ?? error);
    }
    result.seconds = (Date.now() - begun) / 1000;
    console.log(JSON.stringify(result));
  }
  await editor?.close();
}

const workspace = join(home, "training_loop");
cpSync(example, workspace, { recursive: true, filter: (path) => !path.includes("__pycache__") });
const train = join(workspace, "train.py");
const network = join(workspace, "network.py");
const rates = join(workspace, "rates.py");
const RETRACING = [
  "@tf.function",
  "def decayed(x, step):",
  "    return tf.tanh(x) * tf.exp(-0.1 * float(step))",
  "",
  "",
  "for step in range(6):",
  "    decayed(tf.ones([4]), step)",
  "",
].join("\n");
writeFileSync(rates, `import tensorflow as tf\n\n\n${RETRACING}`);
const notebook = join(workspace, "notes.ipynb");
writeFileSync(notebook, JSON.stringify(ipynb([
  "%matplotlib inline\nimport tensorflow as tf",
  [
    "def energy(x):  # größer 😀",
    "    y = tf.tanh(tf.matmul(x, x)) + tf.exp(-x)",
    "    return tf.reduce_sum(tf.square(y)) - tf.reduce_mean(tf.sqrt(tf.abs(y) + 1.0))",
    "",
    "for _ in range(3):",
    "    energy(tf.ones([4, 4]))",
  ].join("\n"),
  RETRACING,
])));
const shot = (editor, name) => editor.screenshot(join(screens, `${name}.png`));

await run("trusted", { workspace }, {
  "shows the hint": async (editor) => {
    await editor.openFile("train.py");
    await editor.status("Ready");
    await editor.page.locator(".squiggly-hint").first().waitFor({ state: "attached" });
    await editor.page.locator(".codelens-decoration", { hasText: "Worth a graph" }).first().waitFor();
    await shot(editor, "hint");
  },
  "names the cause in another file": async (editor) => {
    const text = await editor.hover(await editor.word(train, "def noted_error", "noted_error"), "ENTRIES");
    assert.match(text, /journal\.py:11/);
    await shot(editor, "hover");
  },
  "shows the report": async (editor) => {
    await (await editor.word(train, "def noted_error", "noted_error")).click();
    await editor.command("Graphlift: Show Report on Function");
    await editor.page.locator(".tab", { hasText: "Graphlift report" }).waitFor();
    const preview = editor.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
    await preview.locator("body", { hasText: "Not convertible" }).waitFor();
    await shot(editor, "report");
    await editor.command("View: Close All Editors");
    await editor.openFile("train.py");
  },
  "converts through the lightbulb and saves": async (editor) => {
    await editor.fix(await editor.word(train, "def train_step", "train_step"), "Run `train_step` as a graph", () => shot(editor, "lightbulb"));
    await editor.saveChange();
    await written(train, (text) => /@tf\.function(\(.*\))?\ndef train_step/.test(text));
    // What is said of it is new: a menu that opens before would be closed by that.
    await editor.hover(await editor.word(train, "def train_step", "train_step"), "Runs as a graph");
    await editor.page.locator(".codelens-decoration", { hasText: "Worth a graph" }).nth(1).waitFor({ state: "detached" });
  },
  "removes a tf.function that retraces": async (editor) => {
    await editor.openFile("rates.py");
    const name = await editor.word(rates, "def decayed", "decayed");
    await editor.hover(name, "each new value makes a new trace");
    await editor.fix(name, "Run `decayed` eagerly", () => shot(editor, "retracing"));
    await editor.saveChange();
    await written(rates, (text) => !text.includes("@tf.function"));
    await editor.openFile("train.py");
  },
  "removes a needless tf.function": async (editor) => {
    await editor.fix(await editor.word(train, "def schedule", "schedule"), "Run `schedule` eagerly");
    await editor.saveChange();
    await written(train, (text) => !/@tf\.function\n+def schedule/.test(text));
  },
  "previews all conversions of the workspace": async (editor) => {
    await editor.command("Graphlift: Convert All in Workspace");
    await editor.choose("Proven conversions");
    const preview = editor.page.locator(".bulk-edit-panel");
    await preview.locator(".monaco-list-row", { hasText: "train.py" }).first().waitFor();
    // Each conversion stands under its own title, so that a person can take some and leave others.
    await editor.page.getByRole("button", { name: "Group Changes By Type" }).click();
    for (const name of ["make_data", "__call__"]) {
      await preview.locator(".monaco-list-row", { hasText: `Run \`${name}\` as a graph` }).waitFor();
    }
    assert.equal(await preview.locator(".edit-checkbox:checked").count(), 0);
    await editor.page.mouse.move(0, 0);
    await shot(editor, "preview");
    const before = readFileSync(train, "utf8");
    await editor.page.getByRole("button", { name: "Discard" }).click();
    await preview.locator(".monaco-list-row").first().waitFor({ state: "detached" });
    assert.equal(readFileSync(train, "utf8"), before);
  },
  "converts what is picked in the preview": async (editor) => {
    await editor.command("Graphlift: Convert All in Workspace");
    await editor.choose("Proven conversions");
    const preview = editor.page.locator(".bulk-edit-panel");
    await preview.locator(".monaco-list-row", { hasText: "network.py" }).locator(".edit-checkbox").click();
    const before = readFileSync(train, "utf8");
    await editor.page.getByRole("button", { name: "Apply" }).click();
    await preview.locator(".monaco-list-row").first().waitFor({ state: "detached" });
    await editor.openFile("network.py");
    await editor.saveChange();
    await written(network, (text) => /@tf\.function(\(.*\))?\n +def __call__/.test(text));
    assert.equal(readFileSync(train, "utf8"), before);
    await editor.openFile("train.py");
  },
  "makes all proven edits of the file": async (editor) => {
    await (await editor.word(train, "def train_step", "train_step")).click();
    await editor.command("Graphlift: Make All Proven Edits in File");
    await editor.saveChange();
    await written(train, (text) => /@tf\.function(\(.*\))?\ndef make_data/.test(text));
  },
  "converts in a notebook cell": async (editor) => {
    await editor.openFile("notes.ipynb");
    const cell = editor.page.locator(".notebookOverlay");
    const name = cell.locator(".view-line", { hasText: "def energy" }).locator("span span", { hasText: "energy" }).first();
    await cell.locator(".squiggly-hint").first().waitFor({ state: "attached" });
    await editor.fix(name, "Run `energy` as a graph");
    const converted = cell.locator(".monaco-editor", { hasText: "def energy" });
    await converted.locator(".view-line", { hasText: "@tf.function" }).first().waitFor();
    await cell.locator(".squiggly-hint").first().waitFor({ state: "detached" });
    await cell.locator(".codelens-decoration", { hasText: "Worth a graph" }).waitFor({ state: "detached" });
    await shot(editor, "notebook");
    await editor.saveChange();
    await written(notebook, (text) => text.split("@tf.function").length === 3 && text.includes("%matplotlib inline"));
  },
  "removes a tf.function that retraces from a notebook cell": async (editor) => {
    const cell = editor.page.locator(".notebookOverlay");
    const line = cell.locator(".view-line", { hasText: "def decayed" });
    const name = line.locator("span span", { hasText: "decayed" }).first();
    await editor.hover(name, "each new value makes a new trace");
    await editor.fix(name, "Run `decayed` eagerly");
    await editor.saveChange();
    await written(notebook, (text) => text.split("@tf.function").length === 2 && text.includes("def decayed"));
  },
  "starts a killed server again": async (editor) => {
    const before = editor.servers();
    assert.equal(before.length, 1);
    const crash = editor.page.locator('.statusbar-item [aria-label^="Graphlift: Starting"]').first().waitFor({ state: "attached" });
    process.kill(before[0], "SIGKILL");
    await crash;
    await editor.status("Ready");
    const after = editor.servers();
    assert.equal(after.length, 1);
    assert.notEqual(after[0], before[0]);
    await editor.openFile("train.py");
    const name = await editor.word(train, "def noted_error", "noted_error");
    await name.click();
    // Unlike a hover this waits for the analysis, which begins anew.
    await editor.command("Graphlift: Show Report on Function");
    await editor.page.locator(".tab", { hasText: "Graphlift report" }).waitFor();
    await editor.hover(name, "ENTRIES");
  },
});

// A workspace that brings its own Python, which notes that it was started.
for (const [name, trust] of [["untrusted", true], ["trusting", false]]) {
  const place = join(home, `${name}-workspace`);
  const started = join(home, `${name}-started`);
  const python = join(place, ".venv", "bin", "python");
  mkdirSync(join(place, ".venv", "bin"), { recursive: true });
  mkdirSync(join(place, ".vscode"));
  writeFileSync(join(place, ".venv", "pyvenv.cfg"), "home = /usr/bin\n");
  writeFileSync(python, `#!/bin/sh\ntouch '${started}'\nexec "${tensorflow}" "$@"\n`);
  chmodSync(python, 0o755);
  writeFileSync(join(place, ".vscode", "settings.json"), JSON.stringify({ "graphlift.interpreter": python }));
  writeFileSync(join(place, "graphlift.toml"), 'interpreter = ".venv/bin/python"\n');
  cpSync(join(example, "journal.py"), join(place, "journal.py"));
  cpSync(join(example, "network.py"), join(place, "network.py"));
  writeFileSync(join(place, "rates.py"), `import tensorflow as tf\n\n\n${RETRACING}`);
  await run(name, { workspace: place, trust }, {
    [trust ? "runs nothing of the workspace" : "runs the workspace's Python"]: async (editor) => {
      await editor.openFile("network.py");
      await editor.status("Ready");
      await editor.page.locator(".squiggly-hint").first().waitFor({ state: "attached" });
      assert.equal(existsSync(started), !trust);
      if (trust) await shot(editor, "untrusted");
    },
    [trust ? "offers nothing to verify" : "offers to verify"]: async (editor) => {
      const lenses = editor.page.locator(".codelens-decoration");
      await lenses.filter({ hasText: "Convert" }).first().waitFor();
      assert.equal((await lenses.filter({ hasText: "Verify" }).count()) > 0, !trust);
    },
    [trust ? "refuses to verify" : "verifies"]: async (editor) => {
      await editor.openFile("rates.py");
      await (await editor.word(join(place, "rates.py"), "def decayed", "decayed")).click();
      // The menu leads there even where the palette offers nothing.
      await editor.command("Graphlift: Show Menu");
      await editor.choose("Verify Function");
      if (trust) {
        const refusal = editor.page.locator(".notification-list-item", { hasText: "this workspace is not trusted" });
        await refusal.waitFor();
        await shot(editor, "refused");
        assert.equal(existsSync(started), false);
      } else {
        await editor.page.locator(".tab", { hasText: "Graphlift report" }).waitFor();
        const preview = editor.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
        await preview.locator("body", { hasText: "decayed behaves the same as a graph" }).waitFor();
        await shot(editor, "verified");
      }
    },
  });
}

function ipynb(sources) {
  const cells = sources.map((source, index) => ({
    cell_type: "code", execution_count: null, id: `cell${index}`, metadata: {}, outputs: [], source,
  }));
  const metadata = { language_info: { name: "python" } };
  return { cells, metadata, nbformat: 4, nbformat_minor: 5 };
}
