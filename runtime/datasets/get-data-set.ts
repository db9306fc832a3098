import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fault } from "../faults.ts";
import { blaming, syncFolder, writeAtomically } from "../files/atomic-write.ts";
import { cacheFolder } from "../files/cache-folder.ts";
import { makeFolder } from "../files/make-folder.ts";
import type { DataSet } from "./data-set.ts";
import { DataSetFolder } from "./data-set-folder.ts";
import { fetchPackage } from "./fetch-package.ts";
import { packageLabel } from "./package-pin.ts";
import type { ReportProgress } from "./progress.ts";

/** What stands in `data-set.json`: which data set a folder is, and what came out. */
interface DataSetManifest {
  readonly name: string;
  readonly recipe: number;
  /** Name and version of each package. */
  readonly packages: readonly string[];
  /** By whose they are, or by the part that they are for. */
  readonly images: Readonly<Record<string, number>>;
  /** Languages of the captions. */
  readonly languages: readonly string[];
  /** What is not in it of the packages, and why. */
  readonly passed: readonly string[];
}

/** Where a data set lies that was fetched without saying where. */
export function dataSetPlace(name: string): string {
  return join(cacheFolder(), "data", name);
}

/** Where fetched packages lie: those that are there are not fetched again. */
export function packagesPlace(): string {
  return join(cacheFolder(), "packages");
}

/**
 * Fetches the packages of a data set and builds it, unless it is there already. It comes to its place whole, by a
 * rename; what was fetched stays where a later step fails.
 *
 * @param out The folder for it, in the place of the one in the cache folder.
 * @throws {RuntimeFault} what fetching and unpacking meet; `data-set-taken` where the folder is something else.
 */
export async function getDataSet(
  dataSet: DataSet,
  out: string | undefined,
  report: ReportProgress,
): Promise<{ readonly path: string; readonly manifest: DataSetManifest; readonly isNew: boolean }> {
  const path = resolve(out ?? dataSetPlace(dataSet.name));
  const found = manifestIn(path);
  const packages = dataSet.packages.map(packageLabel);
  if (found !== undefined && isSame(found, dataSet)) return { path, manifest: found, isNew: false };
  if (found === undefined && isTaken(path)) throw fault("data-set-taken", { path });

  const files = new Map<string, string>();
  for (const pin of dataSet.packages)
    files.set(pin.name, await fetchPackage(pin, packagesPlace(), report));

  const part = `${path}.${process.pid}.part`;
  const removePart = () => rmSync(part, { recursive: true, force: true });
  // Ctrl-C ends the process at once, and this is the last that it does.
  process.once("exit", removePart);
  try {
    removePart();
    blaming(part, () => makeFolder(part));
    const folder = new DataSetFolder(part);
    const fileOf = (name: string): string => {
      const file = files.get(name);
      if (file === undefined) throw new Error(`${dataSet.name} has no package ${name}`);
      return file;
    };
    await dataSet.build({ fileOf, folder, report });
    folder.finish(licenceTable(dataSet));
    const { name, recipe } = dataSet;
    const manifest = { name, recipe, packages, ...folder.counts(), passed: folder.passed };
    const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
    writeAtomically(join(part, manifestFile), [new TextEncoder().encode(text)]);
    blaming(path, () => {
      makeFolder(dirname(path));
      // What lies there is an older one of ours, or an empty folder.
      rmSync(path, { recursive: true, force: true });
      renameSync(part, path);
      syncFolder(dirname(path));
    });
    return { path, manifest, isNew: true };
  } finally {
    process.off("exit", removePart);
    removePart();
  }
}

const manifestFile = "data-set.json";

function manifestIn(path: string): DataSetManifest | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(join(path, manifestFile), "utf8"));
    const isManifest = typeof found === "object" && found !== null && "recipe" in found;
    return isManifest ? (found as DataSetManifest) : undefined;
  } catch {
    return undefined;
  }
}

function isSame(found: DataSetManifest, { name, recipe, packages }: DataSet): boolean {
  const labels = JSON.stringify(packages.map(packageLabel));
  return (
    found.name === name && found.recipe === recipe && JSON.stringify(found.packages) === labels
  );
}

function isTaken(path: string): boolean {
  return existsSync(path) && blaming(path, () => readdirSync(path)).length > 0;
}

function licenceTable({ name, licences }: DataSet): string {
  const rows = licences.map(({ part, licence, by }) => `| ${part} | ${licence} | ${by} |`);
  return [
    `# Licences of ${name}`,
    "",
    "| part | licence | by |",
    "|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
