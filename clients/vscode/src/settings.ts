/** Settings on their way to the server. Nothing here decides what a setting means. */

/** The settings that are this extension's own; all others are the server's. */
const OWN = new Set(["enable", "importStrategy", "path", "trace.server"]);

/** What is needed of `vscode.WorkspaceConfiguration`. */
export interface Configuration {
  get(key: string): unknown;
  inspect(
    key: string,
  ): { globalValue?: unknown; workspaceValue?: unknown; workspaceFolderValue?: unknown } | undefined;
}

/** The server's settings among the contributed ones (`graphlift.keras`), without the prefix. */
export function serverKeys(contributed: Iterable<string>): string[] {
  return [...contributed].map((name) => name.replace(/^graphlift\./, "")).filter((key) => !OWN.has(key));
}

/**
 * The settings that somebody has set, nested where their names have dots.
 *
 * Defaults are left out: they would win over the project's configuration file, which the server reads.
 */
export function chosenSettings(
  configuration: Configuration,
  keys: Iterable<string>,
): Record<string, unknown> {
  const chosen: Record<string, unknown> = {};
  for (const key of keys) {
    const scopes = configuration.inspect(key);
    const set = [scopes?.globalValue, scopes?.workspaceValue, scopes?.workspaceFolderValue];
    const value = configuration.get(key);
    if (set.some((each) => each !== undefined) && value !== undefined && value !== null && value !== "") {
      put(chosen, key.split("."), value);
    }
  }
  return chosen;
}

function put(into: Record<string, unknown>, [first = "", ...rest]: string[], value: unknown): void {
  if (rest.length === 0) {
    into[first] = value;
    return;
  }
  const inner = into[first];
  const table = typeof inner === "object" && inner !== null ? (inner as Record<string, unknown>) : {};
  into[first] = table;
  put(table, rest, value);
}
