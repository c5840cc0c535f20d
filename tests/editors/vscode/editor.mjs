// A real VS Code (code-server) with the packaged extension, and a browser page that shows it.
// Everything waits for what it needs to see; nothing waits for time to pass.

import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { mkdirSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";

const PATIENCE = 120_000; // milliseconds for anything: the machine may be busy
const TRIES = 4; // how often a menu is opened before that is up

/** Settings that keep the editor quiet. */
const QUIET = {
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.colorTheme": "Default Light Modern",
  "chat.disableAIFeatures": true,
  "extensions.autoUpdate": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "git.enabled": false,
  "window.restoreWindows": "none",
  "editor.hover.delay": 100,
  "editor.minimap.enabled": false,
  "editor.stickyScroll.enabled": false, // lies over what is to be clicked
  "files.autoSave": "off",
};

/** Where scripts/setup_vscode.sh put everything. */
export class Tools {
  constructor(folder) {
    this.node = join(folder, "bin", "node");
    this.chromium = join(folder, "bin", "chromium");
    this.entry = join(folder, "server", "node_modules", "code-server", "out", "node", "entry.js");
    const require = createRequire(join(folder, "browser", "package.json"));
    this.playwright = require("playwright-core").chromium;
  }
}

export class Editor {
  /** Start the editor on a folder. `trust`: whether VS Code asks for trust, and so restricts this folder. */
  static async open(tools, { home, vsix, workspace, settings = {}, trust = false }) {
    const editor = new Editor();
    const arguments_ = [tools.entry, "--user-data-dir", join(home, "user"), "--extensions-dir", join(home, "ext")];
    const environment = { ...process.env, HOME: home, EXTENSIONS_GALLERY: '{"serviceUrl":""}' };
    for (const name of ["VIRTUAL_ENV", "CONDA_PREFIX"]) delete environment[name];
    const user = {
      ...QUIET,
      "security.workspace.trust.enabled": trust,
      "security.workspace.trust.startupPrompt": "never",
      ...settings,
    };
    mkdirSync(join(home, "user", "User"), { recursive: true });
    writeFileSync(join(home, "user", "User", "settings.json"), JSON.stringify(user));
    execFileSync(tools.node, [...arguments_, "--install-extension", vsix], { env: environment });

    const port = await freePort();
    const quiet = ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];
    const more = trust ? quiet : [...quiet, "--disable-workspace-trust"];
    editor.process = spawn(
      tools.node,
      [...arguments_, "--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--config", join(home, "config.yaml")]
        .concat(more, ["--ignore-last-opened", "--reconnection-grace-time", "5", workspace]),
      { env: environment, stdio: ["ignore", "pipe", "inherit"] },
    );
    await said(editor.process, /listening on/);

    editor.browser = await tools.playwright.launch({
      executablePath: tools.chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"].concat([
        "--disable-background-networking",
        "--disable-component-update",
      ]),
    });
    editor.page = await editor.browser.newPage({ viewport: { width: 1100, height: 680 } });
    editor.page.setDefaultTimeout(PATIENCE);
    await editor.page.route(
      (url) => url.hostname !== "127.0.0.1" && !url.hostname.endsWith("localhost"),
      (route) => route.abort(),
    );
    await editor.page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(workspace)}`);
    return editor;
  }

  async close() {
    await this.browser?.close();
    if (this.process.exitCode === null) {
      this.process.kill();
      await once(this.process, "exit");
    }
  }

  /** Open a file through the explorer. */
  async openFile(name) {
    await this.page.locator(".explorer-viewlet .monaco-list-row", { hasText: name }).dblclick();
    await this.page.locator(".tab.active", { hasText: name }).waitFor();
  }

  /** A word in the first line of the saved file that holds the text; the editor scrolls there. */
  async word(path, text, word) {
    const line = 1 + readFileSync(path, "utf8").split("\n").findIndex((each) => each.includes(text));
    await this.page.keyboard.press("Control+g");
    const input = this.page.locator(".quick-input-widget:visible input[type=text]");
    await input.waitFor();
    await input.fill(`:${line}`);
    // Enter is lost as long as the list doesn't say what it does.
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: `line ${line} ` }).first().waitFor();
    await this.page.keyboard.press("Enter");
    await this.page.locator(".statusbar-item", { hasText: `Ln ${line},` }).waitFor();
    const row = this.page.locator(".editor-instance .view-line", { hasText: text });
    return row.locator("span span", { hasText: word }).first();
  }

  /** Save what was just changed. */
  async saveChange() {
    await this.page.locator(".tab.active.dirty").waitFor();
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".tab.active:not(.dirty)").waitFor();
  }

  /** What the status item says, once it says this. */
  async status(word) {
    await this.page.locator(`.statusbar-item [aria-label^="Graphlift: ${word}"]`).first().waitFor({ state: "attached" });
  }

  /**
   * Put the cursor on a word and choose from the lightbulb's menu. `seen` is called while the menu is open.
   *
   * The editor closes the menu when something new is said of the file meanwhile; then it is opened again.
   */
  async fix(at, title, seen = async () => {}) {
    const menu = this.page.locator(".action-widget");
    const row = menu.locator(".monaco-list-row", { hasText: title });
    for (let tries = TRIES; ; tries--) {
      await at.click();
      await this.page.keyboard.press("Control+.");
      try {
        await row.waitFor({ timeout: PATIENCE / TRIES });
        await seen();
        await row.click({ timeout: PATIENCE / TRIES });
        break;
      } catch (error) {
        if (tries === 1) throw error;
      }
    }
    await menu.first().waitFor({ state: "hidden" });
  }

  /** The text of the hover over a word. */
  async hover(at, containing) {
    await this.page.keyboard.press("Escape");
    await at.hover();
    const hover = this.page.locator(".monaco-hover:visible", { hasText: containing });
    await hover.waitFor();
    return hover.innerText();
  }

  /** Run a command of the palette. */
  async command(title) {
    await this.page.keyboard.press("F1");
    const input = this.page.locator(".quick-input-widget:visible input[type=text]");
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** Choose a row of the list that a command shows. */
  async choose(title) {
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().click();
  }

  /** What is seen once nothing moves or fades any more. */
  async screenshot(path) {
    await this.page.screenshot({ path, animations: "disabled" });
  }

  /** The pids of language servers that run below the editor. */
  servers() {
    return descendants(this.process.pid).filter((pid) => commandLine(pid).includes("graphlift_server.py"));
  }
}

/** Wait until the file's text is as wanted. */
export async function written(path, wanted) {
  const read = () => readFileSync(path, "utf8");
  if (wanted(read())) return read();
  const watcher = watch(dirname(path));
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    while (true) {
      const [, name] = await once(watcher, "change", { signal });
      if (name === basename(path) && wanted(read())) return read();
    }
  } finally {
    watcher.close();
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function said(child, pattern) {
  let text = "";
  for await (const part of child.stdout.iterator({ destroyOnReturn: false })) {
    text += part;
    if (pattern.test(text)) {
      child.stdout.resume();
      return;
    }
  }
  throw new Error(`code-server ended: ${text}`);
}

function descendants(pid) {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readOr(`/proc/${pid}/task/${thread}/children`, "").trim().split(" "))
    .filter(Boolean)
    .map(Number);
  return children.flatMap((child) => [child, ...(exists(child) ? descendants(child) : [])]);
}

function exists(pid) {
  return readOr(`/proc/${pid}/comm`, "") !== "";
}

function commandLine(pid) {
  return readOr(`/proc/${pid}/cmdline`, "").replaceAll("\0", " ");
}

/** A file below /proc goes away with its process. */
function readOr(path, otherwise) {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" || error.code === "ESRCH") return otherwise;
    throw error;
  }
}
