// Installs the project's packages when one of them is missing, so that a fresh clone needs one command.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));

/** Optional packages may be absent on purpose (another platform), so they are not looked for. */
function missingPackages() {
  const description = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8"));
  const wanted = Object.keys({ ...description.dependencies, ...description.devDependencies });
  return wanted.filter(
    (name) => !existsSync(join(packageRoot, "node_modules", name, "package.json")),
  );
}

/** Returns whether everything is there in the end. */
export function ensureInstalled() {
  const missing = missingPackages();
  if (missing.length === 0) return true;
  const isFirstTime = !existsSync(join(packageRoot, "node_modules", ".package-lock.json"));
  console.error(
    isFirstTime
      ? "weft: installing packages (once; a minute or less) ..."
      : `weft: installing ${missing.join(", ")} ...`,
  );
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const command = isFirstTime ? "ci" : "install";
  const result = spawnSync(npm, [command, "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: packageRoot,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status === 0 && missingPackages().length === 0) return true;
  console.error(`weft: \`npm ${command}\` failed (see above)`);
  return false;
}
