/** What VS Code starts and stops. The analysis and every decision are the server's. */

import * as vscode from "vscode";
import { registerCommands } from "./commands";
import { onInterpreterChange } from "./environment";
import { Reports } from "./report";
import { Server } from "./server";
import { createStatus } from "./status";

/** Settings that the server's process depends on; of the others the server hears. */
const RESTARTING = ["enable", "importStrategy", "interpreter", "path"].map((name) => `graphlift.${name}`);

let running: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("Graphlift", { log: true });
  const trace = vscode.window.createOutputChannel("Graphlift Trace", { log: true });
  const reports = new Reports(context);
  const server = new Server(context, log, trace, (markdown) => reports.show(markdown));
  running = server;
  context.subscriptions.push(
    log,
    trace,
    server,
    createStatus(server),
    registerCommands(server, reports),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (RESTARTING.some((name) => event.affectsConfiguration(name))) {
        void server.restart();
      } else if (event.affectsConfiguration("graphlift")) {
        void server.settingsChanged();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => {
      void server.restart();
    }),
  );
  await server.start();
  await onInterpreterChange(context, log, () => {
    void server.restart();
  });
}

export async function deactivate(): Promise<void> {
  await running?.stop();
}
