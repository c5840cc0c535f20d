/** The item in the status bar: what the server does, and a menu. */

import * as vscode from "vscode";
import type { Condition, Server } from "./server";

const ICONS: Record<Condition["kind"], string> = {
  off: "circle-slash",
  starting: "loading~spin",
  analysing: "sync~spin",
  ready: "type-hierarchy",
  failed: "error",
};

const WORDS: Record<Condition["kind"], string> = {
  off: "Off",
  starting: "Starting",
  analysing: "Analysing the workspace",
  ready: "Ready",
  failed: "Stopped",
};

export function createStatus(server: Server): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("graphlift.status", vscode.StatusBarAlignment.Right, 90);
  item.name = "Graphlift";
  item.command = "graphlift.showMenu";
  const show = (condition: Condition) => {
    item.text = `$(${ICONS[condition.kind]}) Graphlift`;
    item.accessibilityInformation = { label: `Graphlift: ${WORDS[condition.kind]}` };
    item.tooltip = tooltip(server, condition);
    item.backgroundColor =
      condition.kind === "failed" ? new vscode.ThemeColor("statusBarItem.errorBackground") : undefined;
    item.show();
  };
  show(server.condition);
  return vscode.Disposable.from(item, server.onDidChange(show));
}

function tooltip(server: Server, condition: Condition): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const line = (name: string, value: string | undefined) => {
    if (value !== undefined && value !== "") {
      text.appendMarkdown(`\n\n${name}: `).appendText(value);
    }
  };
  text.appendMarkdown(`**Graphlift**: ${WORDS[condition.kind]}`);
  line("Progress", condition.kind === "analysing" ? condition.progress : undefined);
  line("Reason", condition.kind === "failed" ? condition.reason : undefined);
  line("Version", server.version);
  line("Server", server.command?.command);
  line("Interpreter", server.analysed ?? "found by the server");
  if (!vscode.workspace.isTrusted) {
    text.appendMarkdown("\n\nThe workspace is not trusted: nothing of it is run.");
  }
  return text;
}
