import { homedir } from "node:os";
import { join } from "node:path";
import { env, platform } from "node:process";

/**
 * Where things are kept that can be made again: the folder that `WEFT_CACHE` names, else the platform's
 * cache folder, in a folder of our own.
 */
export function cacheFolder(): string {
  const own = env.WEFT_CACHE;
  if (own !== undefined && own !== "") return own;
  const named = env.XDG_CACHE_HOME;
  if (named !== undefined && named !== "") return join(named, "weft");
  if (platform === "darwin") return join(homedir(), "Library", "Caches", "weft");
  if (platform === "win32")
    return join(env.LOCALAPPDATA ?? join(homedir(), "AppData", "Local"), "weft", "Cache");
  return join(homedir(), ".cache", "weft");
}
