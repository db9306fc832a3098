import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, platform } from "node:process";
import { isatty } from "node:tty";

/**
 * Runs an action that is over when it returns, and gives what native code wrote to stderr meanwhile: Dawn prints its
 * warnings there itself, and asks nobody. They are kept from a terminal or pipe; a file or socket has no second way
 * in, so there they pass, and `written` is empty. `WEFT_DAWN_LOG=1` lets everything pass.
 */
export function quietly<T>(action: () => T): { readonly value: T; readonly written: string } {
  const saved = canBeReopened() ? reopen(stderr) : undefined;
  if (saved === undefined) return { value: action(), written: "" };
  const path = join(tmpdir(), `weft-stderr-${randomBytes(8).toString("hex")}`);
  let isDiverted = false;
  try {
    closeSync(stderr);
    // The lowest free number is taken, which is the one just closed.
    const taken = openSync(path, "wx+", 0o600);
    isDiverted = taken === stderr;
    unlinkSync(path);
    if (!isDiverted) closeSync(taken);
    const value = action();
    return { value, written: isDiverted ? contentOf(stderr) : "" };
  } finally {
    if (isDiverted) closeSync(stderr);
    reopen(saved);
    closeSync(saved);
  }
}

const stderr = 2;

/** Opened once more, a file would get a second place to write at, and lose what stdout writes to it as well. */
function canBeReopened(): boolean {
  if (platform === "win32" || (env.WEFT_DAWN_LOG ?? "") !== "") return false;
  try {
    // Where a lower number is free, a new file would not come to stand at stderr's.
    for (const lower of [0, 1]) fstatSync(lower);
    return isatty(stderr) || fstatSync(stderr).isFIFO();
  } catch {
    return false;
  }
}

function reopen(descriptor: number): number | undefined {
  const folder = platform === "linux" ? "/proc/self/fd" : "/dev/fd";
  try {
    return openSync(`${folder}/${descriptor}`, constants.O_WRONLY | constants.O_APPEND);
  } catch {
    return undefined;
  }
}

function contentOf(descriptor: number): string {
  const bytes = new Uint8Array(1 << 16);
  const count = readSync(descriptor, bytes, 0, bytes.length, 0);
  return new TextDecoder().decode(bytes.subarray(0, count));
}
