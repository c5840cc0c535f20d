/** The server's life: started, stopped, started again; and what is told to it. */

import { homedir } from "node:os";
import * as vscode from "vscode";
import {
  DidChangeConfigurationNotification,
  LanguageClient,
  type LanguageClientOptions,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";
import { chosenInterpreter } from "./environment";
import {
  candidates,
  choose,
  type Command,
  expand,
  type ImportStrategy,
  NEWEST,
  OLDEST,
  serverCommand,
} from "./python";
import { chosenSettings, serverKeys } from "./settings";

/** What the server does now, with words for the user. */
export type Condition =
  | { kind: "off" }
  | { kind: "starting" }
  | { kind: "analysing"; progress: string }
  | { kind: "ready" }
  | { kind: "failed"; reason: string };

/** What the server sends when a function is to be explained: Markdown. */
export type ShowReport = (markdown: string) => Promise<void>;

const MOST_RESTARTS = 4;

/** Commands of the server whose answer is a text to show. */
const REPORTING = new Set(["graphlift.explain", "graphlift.verify"]);

/** Commands that this extension has itself, also while no server runs. */
const OWN_COMMANDS = ["graphlift.restart"];

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private listener: { dispose(): void } | undefined;
  private stopping = false;
  /** Starting and stopping, one after the other. */
  private queue: Promise<void> = Promise.resolve();
  /** The interpreter that the settings and the Python extension name, or the server's own where none may be. */
  private interpreter: string | undefined;
  private readonly changes = new vscode.EventEmitter<Condition>();
  readonly onDidChange = this.changes.event;
  condition: Condition = { kind: "off" };
  /** The command that the server was started with. */
  command: Command | undefined;

  constructor(
    private readonly context: vscode.ExtensionContext,
    readonly log: vscode.LogOutputChannel,
    private readonly trace: vscode.LogOutputChannel,
    private readonly showReport: ShowReport,
  ) {}

  /** Name and version that the server gave itself. */
  get version(): string | undefined {
    return this.client?.initializeResult?.serverInfo?.version;
  }

  /** The interpreter whose packages the code is taken to use; the server finds one itself where it's undefined. */
  get analysed(): string | undefined {
    return this.interpreter;
  }

  start(): Promise<void> {
    return this.then(() => this.startNow());
  }

  stop(): Promise<void> {
    return this.then(() => this.stopNow());
  }

  restart(): Promise<void> {
    return this.then(async () => {
      await this.stopNow();
      await this.startNow();
    });
  }

  /** Ask the server to run one of its commands. */
  async execute(command: string, ...args: unknown[]): Promise<unknown> {
    if (this.client?.state !== State.Running) {
      throw new Error("Graphlift's server is not running.");
    }
    return this.client.sendRequest("workspace/executeCommand", { command, arguments: args });
  }

  /** The server's name for a document. */
  uri(document: vscode.TextDocument): string {
    return this.client?.code2ProtocolConverter.asUri(document.uri) ?? document.uri.toString();
  }

  /** Let the server ask for the settings again. */
  async settingsChanged(): Promise<void> {
    await this.client?.sendNotification(DidChangeConfigurationNotification.type, { settings: null });
  }

  dispose(): void {
    this.listener?.dispose();
    this.changes.dispose();
  }

  private then(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((error: unknown) => {
      this.fail(error instanceof Error ? error.message : String(error));
    });
    return this.queue;
  }

  private async startNow(): Promise<void> {
    const configuration = vscode.workspace.getConfiguration("graphlift");
    if (!configuration.get<boolean>("enable", true)) {
      this.become({ kind: "off" });
      return;
    }
    this.become({ kind: "starting" });
    this.command = await this.findCommand(configuration);
    if (this.command === undefined) {
      return;
    }
    const run = { ...this.command, options: { cwd: this.context.extensionPath } };
    this.log.info(`Starting the server: ${[run.command, ...run.args].join(" ")}`);
    this.stopping = false;
    this.client = new LanguageClient("graphlift", "Graphlift", run, this.options());
    this.listener = this.client.onDidChangeState(({ newState }) => {
      this.stateChanged(newState);
    });
    await this.client.start();
  }

  private async stopNow(): Promise<void> {
    this.stopping = true;
    const client = this.client;
    this.client = undefined;
    try {
      // A server that has ended by itself can't be stopped.
      if (client?.state === State.Running) {
        await client.stop();
      }
    } finally {
      this.listener?.dispose();
      await client?.dispose();
      this.become({ kind: "off" });
    }
  }

  private async findCommand(configuration: vscode.WorkspaceConfiguration): Promise<Command | undefined> {
    const trusted = vscode.workspace.isTrusted;
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    // In a workspace that nobody trusts, VS Code leaves out the workspace's own values of these settings.
    const setting = (name: string) =>
      expand(configuration.get<string | null>(name) ?? "", homedir(), trusted ? folder : undefined);
    const strategy = configuration.get<ImportStrategy>("importStrategy", "useBundled");
    const path = setting("path");
    const set = setting("interpreter");
    this.interpreter = set === "" ? await this.editorsInterpreter() : set;
    if (path !== "" && trusted) {
      return { command: path, args: ["server"] };
    }
    const tried = candidates([this.interpreter], process.platform);
    const { python, refused } = await choose(tried, strategy, this.context.extensionPath);
    if (python === undefined) {
      const range = `${OLDEST.join(".")} to ${NEWEST.join(".")}`;
      this.fail(
        `No Python ${range} was found (${refused.join("; ")}). Set graphlift.interpreter to one that runs the server.`,
      );
      return undefined;
    }
    if (!trusted) {
      // Left to itself the server would start the environment that it finds in the workspace.
      this.interpreter ??= python.executable;
    }
    return path === ""
      ? serverCommand(python.executable, strategy, this.context.extensionPath)
      : { command: path, args: ["server"] };
  }

  private async editorsInterpreter(): Promise<string | undefined> {
    return vscode.workspace.isTrusted ? chosenInterpreter(this.log) : undefined;
  }

  private options(): LanguageClientOptions {
    return {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
        { scheme: "vscode-notebook-cell", language: "python" },
      ],
      outputChannel: this.log,
      traceOutputChannel: this.trace,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationOptions: () => this.settings(),
      connectionOptions: { maxRestartCount: MOST_RESTARTS },
      middleware: {
        workspace: {
          configuration: (params) =>
            params.items.map((item) => (item.section === "graphlift" ? this.settings(item.scopeUri) : null)),
        },
        executeCommand: async (command, args, next) => {
          const answer: unknown = await next(command, args);
          if (REPORTING.has(command) && typeof answer === "string") {
            await this.showReport(answer);
          }
          return answer;
        },
        handleWorkDoneProgress: (token, params, next) => {
          next(token, params);
          if (params.kind === "end") {
            this.become({ kind: "ready" });
          } else {
            this.become({ kind: "analysing", progress: params.message ?? "" });
          }
        },
      },
    };
  }

  /** What is set, for one folder where its URI is given; and what the server must know of this editor. */
  private settings(scope?: string): Record<string, unknown> {
    const manifest = this.context.extension.packageJSON as {
      contributes: { configuration: { properties: object } };
    };
    const keys = serverKeys(Object.keys(manifest.contributes.configuration.properties));
    const folder = scope === undefined ? undefined : vscode.Uri.parse(scope);
    const configuration = vscode.workspace.getConfiguration("graphlift", folder);
    const chosen = chosenSettings(configuration, keys);
    const told = { ...chosen, trusted: vscode.workspace.isTrusted, ownCommands: OWN_COMMANDS };
    return this.interpreter === undefined ? told : { ...told, interpreter: this.interpreter };
  }

  private stateChanged(state: State): void {
    switch (state) {
      case State.Starting:
        this.become({ kind: "starting" });
        break;
      case State.Running:
        this.become({ kind: "ready" });
        break;
      case State.StartFailed:
        // The error itself is shown by whoever wanted the start.
        this.become({ kind: "failed", reason: "The server did not start. The log says why." });
        break;
      case State.Stopped:
        if (!this.stopping) {
          this.become({ kind: "failed", reason: "The server has ended. The log says why." });
        }
        break;
    }
  }

  private fail(reason: string): void {
    this.log.error(reason);
    this.become({ kind: "failed", reason });
    void vscode.window.showErrorMessage(`Graphlift: ${reason}`, "Show Log").then((answer) => {
      if (answer !== undefined) {
        this.log.show();
      }
    });
  }

  private become(condition: Condition): void {
    this.condition = condition;
    this.changes.fire(condition);
    void vscode.commands.executeCommand("setContext", "graphlift.running", condition.kind === "ready");
  }
}
