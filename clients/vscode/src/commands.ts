/** The commands of the palette and of the status item's menu. */

import * as vscode from "vscode";
import type { Reports } from "./report";
import type { Server } from "./server";

interface Choice extends vscode.QuickPickItem {
  command: string;
}

const MENU: Choice[] = [
  { label: "$(comment-discussion) Show Report on Function", command: "graphlift.showReport" },
  { label: "$(beaker) Verify Function", command: "graphlift.verifyFunction" },
  { label: "$(wand) Convert All in Workspace…", command: "graphlift.convertWorkspace" },
  { label: "$(checklist) Make All Proven Edits in File", command: "graphlift.fixFile" },
  { label: "$(debug-restart) Restart Server", command: "graphlift.restart" },
  { label: "$(output) Show Log", command: "graphlift.showLog" },
  { label: "$(gear) Open Settings", command: "graphlift.openSettings" },
];

export function registerCommands(server: Server, reports: Reports): vscode.Disposable {
  const commands: Record<string, () => unknown> = {
    "graphlift.restart": () => server.restart(),
    "graphlift.showLog": () => {
      server.log.show();
    },
    "graphlift.showMenu": showMenu,
    "graphlift.showReport": () => showReport(server, reports, "graphlift.explain"),
    "graphlift.verifyFunction": () => showReport(server, reports, "graphlift.verify"),
    "graphlift.convertWorkspace": () => convertWorkspace(server),
    "graphlift.fixFile": fixFile,
    "graphlift.openSettings": () =>
      vscode.commands.executeCommand("workbench.action.openSettings", "@ext:graphlift.graphlift"),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(name, async () => {
        try {
          await run();
        } catch (error) {
          const words = error instanceof Error ? error.message : String(error);
          // The server's refusals say already whose they are.
          void vscode.window.showErrorMessage(`Graphlift: ${words.replace(/^Graphlift: /, "")}`);
        }
      }),
    ),
  );
}

async function showMenu(): Promise<void> {
  const choice = await vscode.window.showQuickPick(MENU, { title: "Graphlift" });
  if (choice !== undefined) {
    await vscode.commands.executeCommand(choice.command);
  }
}

/** What the server's command says of the function that the cursor is in. */
async function showReport(server: Server, reports: Reports, command: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.languageId !== "python") {
    throw new Error("Put the cursor into a function of a Python file first.");
  }
  const line = editor.selection.active.line + 1;
  const markdown = await server.execute(command, server.uri(editor.document), line);
  if (typeof markdown === "string") {
    await reports.show(markdown);
  }
}

/** Let the server propose every conversion of the workspace; the editor shows them before anything is changed. */
async function convertWorkspace(server: Server): Promise<void> {
  const choice = await vscode.window.showQuickPick(
    [
      { label: "Proven conversions", description: "nothing in them rests on an assumption", assumed: false },
      { label: "Assumed conversions too", description: "look at what each assumes", assumed: true },
    ],
    { title: "Convert all functions that are worth a graph", placeHolder: "The edits are shown first" },
  );
  if (choice !== undefined) {
    await server.execute("graphlift.convertAll", { assumed: choice.assumed });
  }
}

async function fixFile(): Promise<void> {
  await vscode.commands.executeCommand("editor.action.codeAction", {
    kind: "source.fixAll.graphlift",
    apply: "first",
  });
}
