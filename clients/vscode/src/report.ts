/** The report on one function, shown as a Markdown preview. */

import * as vscode from "vscode";
import { relativeLinks } from "./links";

/** Shows reports, one at a time, as a file of the extension's own: a preview resolves links from there. */
export class Reports {
  private readonly folder: vscode.Uri;

  constructor(context: vscode.ExtensionContext) {
    this.folder = context.storageUri ?? context.globalStorageUri;
  }

  async show(markdown: string): Promise<void> {
    const place = vscode.Uri.joinPath(this.folder, "Graphlift report.md");
    const text = relativeLinks(markdown, this.folder.fsPath);
    await vscode.workspace.fs.createDirectory(this.folder);
    await vscode.workspace.fs.writeFile(place, new TextEncoder().encode(text));
    await vscode.commands.executeCommand("markdown.showPreviewToSide", place);
  }
}
