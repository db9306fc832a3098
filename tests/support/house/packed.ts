import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar";

const root = join(import.meta.dirname, "..", "..", "..");

/** The package as npm would publish it, in a folder of its own with `node_modules/weft`. */
export interface PackedProject {
  readonly folder: string;
  /** Paths of the package's files. */
  readonly files: readonly string[];
  remove(): void;
}

/** Builds and packs; what the package depends on is what this project has installed. */
export async function packProject(): Promise<PackedProject> {
  execFileSync(process.execPath, [join(root, "bin", "build.mjs")], { stdio: "ignore" });
  const folder = mkdtempSync(join(tmpdir(), "weft-packed-"));
  const own = join(folder, "node_modules", "weft");
  mkdirSync(own, { recursive: true });
  const pack = ["pack", "--ignore-scripts", "--json", "--offline", "--pack-destination", folder];
  const said = execFileSync("npm", pack, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [packed] = JSON.parse(said) as { filename: string; files: { path: string }[] }[];
  await extract({ file: join(folder, packed?.filename ?? ""), cwd: own, strip: 1 });
  symlinkSync(join(root, "node_modules"), join(own, "node_modules"));
  return {
    folder,
    files: packed?.files.map(({ path }) => path) ?? [],
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
