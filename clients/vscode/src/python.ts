/** Which Python runs the server, and with which command. */

import { execFile } from "node:child_process";
import { join } from "node:path";

/** The Pythons that the bundled packages are compiled for; also in scripts/bundle.py. */
export const OLDEST = [3, 10] as const;
export const NEWEST = [3, 14] as const;

export type ImportStrategy = "useBundled" | "fromEnvironment";

/** A Python that answered. */
export interface Python {
  executable: string;
  version: readonly [number, number];
}

/** A program and its arguments. */
export interface Command {
  command: string;
  args: string[];
}

/**
 * A path of the settings: `~` and `${workspaceFolder}` stand for folders.
 *
 * Without a folder (there is none, or it isn't trusted) a path that needs it counts as not set.
 */
export function expand(path: string, home: string, folder: string | undefined): string {
  const variable = "${workspaceFolder}";
  if (folder === undefined && path.includes(variable)) {
    return "";
  }
  return path.replace(/^~(?=$|[\\/])/, () => home).replaceAll(variable, () => folder ?? "");
}

/** The Pythons to try, in this order: the user's own before those of the system. */
export function candidates(preferred: readonly (string | undefined)[], platform: NodeJS.Platform): string[] {
  const system = platform === "win32" ? ["py", "python", "python3"] : ["python3", "python"];
  return [...new Set([...preferred.filter((each) => each !== undefined && each !== ""), ...system])].filter(
    (each): each is string => each !== undefined,
  );
}

/** Whether the server can run under this version. */
export function supports(version: readonly [number, number], strategy: ImportStrategy): boolean {
  const atLeast = (than: readonly [number, number]) =>
    version[0] > than[0] || (version[0] === than[0] && version[1] >= than[1]);
  const newerThanBundled = version[0] > NEWEST[0] || version[1] > NEWEST[1];
  return atLeast(OLDEST) && (strategy === "fromEnvironment" || !newerThanBundled);
}

/** What a Python says of itself; `undefined` where there is none, or where it doesn't answer in time. */
export async function ask(command: string, folder: string): Promise<Python | undefined> {
  const question = "import sys; print(sys.version_info[0], sys.version_info[1], sys.executable)";
  const output = await new Promise<string | undefined>((resolve) => {
    // In the extension's folder: Windows looks for programs in the current folder first.
    execFile(command, ["-I", "-c", question], { cwd: folder, timeout: 20_000 }, (error, stdout) => {
      resolve(error ? undefined : stdout);
    });
  });
  const answer = /^(\d+) (\d+) (.+?)\s*$/.exec(output ?? "");
  if (answer?.[1] === undefined || answer[2] === undefined || answer[3] === undefined) {
    return undefined;
  }
  return { executable: answer[3], version: [Number(answer[1]), Number(answer[2])] };
}

/** The first Python that can run the server, and a line on each that can't. */
export async function choose(
  commands: readonly string[],
  strategy: ImportStrategy,
  folder: string,
  asked: typeof ask = ask,
): Promise<{ python: Python | undefined; refused: string[] }> {
  const refused: string[] = [];
  for (const command of commands) {
    const python = await asked(command, folder);
    if (python !== undefined && supports(python.version, strategy)) {
      return { python, refused };
    }
    refused.push(
      python === undefined ? `${command}: no answer` : `${command}: Python ${python.version.join(".")}`,
    );
  }
  return { python: undefined, refused };
}

/** The command that starts the server. */
export function serverCommand(python: string, strategy: ImportStrategy, extension: string): Command {
  const script = join(extension, "bundled", "tool", "graphlift_server.py");
  return strategy === "fromEnvironment"
    ? { command: python, args: [script, "--from-environment"] }
    : { command: python, args: ["-I", script] };
}
