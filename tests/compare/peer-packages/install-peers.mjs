import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { pinned } from "../libraries/all-libraries.mjs";

/** The folder that has the peers in these versions; they are fetched on first use. */
export function installPeers() {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "weft-peers");
  const description = JSON.stringify({ private: true, dependencies: pinned }, null, 2);
  const file = join(folder, "package.json");
  const isThere =
    existsSync(file) &&
    readFileSync(file, "utf8") === description &&
    Object.keys(pinned).every((name) => existsSync(join(folder, "node_modules", name)));
  if (isThere) return folder;
  const names = Object.entries(pinned).map(([name, version]) => `${name}@${version}`);
  console.error(`installing ${names.join(", ")} ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, description);
  // Scripts would fetch libraries for CUDA, which are not compared.
  const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status } = spawnSync("npm", npm, { cwd: folder, stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error("the peers could not be installed");
  return folder;
}
