/** The Python extension's choice of an interpreter, where that extension is installed. */

import { PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";

const ID = "ms-python.python";

/** The interpreter chosen for the workspace's first folder. */
export async function chosenInterpreter(log: vscode.LogOutputChannel): Promise<string | undefined> {
  const api = await pythonApi(log);
  if (api === undefined) {
    return undefined;
  }
  const path = api.environments.getActiveEnvironmentPath(vscode.workspace.workspaceFolders?.[0]?.uri);
  const environment = await api.environments.resolveEnvironment(path);
  return environment?.executable.uri?.fsPath;
}

/** Call back when the user chooses another interpreter. */
export async function onInterpreterChange(
  context: vscode.ExtensionContext,
  log: vscode.LogOutputChannel,
  changed: () => void,
): Promise<void> {
  const api = await pythonApi(log);
  if (api !== undefined) {
    context.subscriptions.push(api.environments.onDidChangeActiveEnvironmentPath(changed));
  }
}

async function pythonApi(log: vscode.LogOutputChannel): Promise<PythonExtension | undefined> {
  if (vscode.extensions.getExtension(ID) === undefined) {
    return undefined;
  }
  try {
    return await PythonExtension.api();
  } catch (error) {
    log.warn(`The Python extension is installed but does not start: ${String(error)}`);
    return undefined;
  }
}
