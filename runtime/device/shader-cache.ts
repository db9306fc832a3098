import { accessSync, constants } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { env, getuid, platform } from "node:process";
import { makeFolder } from "../files/make-folder.ts";
import { isOwnFolder } from "../files/own-folder.ts";

/**
 * Makes sure that Mesa has a folder for the kernels that it compiled. Its lavapipe compiles at the first
 * dispatch, up to a second a kernel, and keeps the result in the user's cache folder; where that is
 * read-only, as in many containers, every process would begin anew. Changes the environment of this
 * process and of nothing else.
 */
export function ensureShaderCache(): void {
  if (platform !== "linux") return;
  if ([env.MESA_SHADER_CACHE_DIR, env.MESA_SHADER_CACHE_DISABLE].some(isGiven)) return;
  if (isWritable(isGiven(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : defaultFolder())) return;
  const own = ownTemporaryFolder();
  if (own !== undefined) env.MESA_SHADER_CACHE_DIR = own;
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** Mesa asks the list of users for the home, whatever `HOME` says. */
function defaultFolder(): string {
  try {
    return join(userInfo().homedir, ".cache");
  } catch {
    return ""; // A container may run as a user that is in no list.
  }
}

/**
 * Mesa executes what it finds there, whoever left it, so the folder must be the user's own and must have been closed to
 * others all along: an open one is not closed and taken.
 */
function ownTemporaryFolder(): string | undefined {
  const folder = join(tmpdir(), `weft-mesa-${getuid?.() ?? 0}`);
  try {
    makeFolder(folder, 0o700);
    return isOwnFolder(folder) ? folder : undefined;
  } catch {
    return undefined; // A read-only disk, or a file where the folder should be.
  }
}

function isWritable(folder: string): boolean {
  if (folder === "") return false;
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
