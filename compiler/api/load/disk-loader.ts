import { existsSync, readdirSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { readText } from "../../../runtime/files/read-bytes.ts";
import type { SourceFile } from "../../source/source-file.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import { packageRoot } from "./package-root.ts";

const ending = ".weft";
/** What is larger is no text of ours; the compiler itself reads much less of a file. */
const largestSource = 1 << 26;

/** What each file held when it was last read: as long as it holds the same, it is the same source for everybody. */
const lastRead = new Map<string, SourceFile>();

/**
 * Sources from the disk. `std/...` is the package's own `stdlib/` folder; every other specifier of an
 * import is relative to the importing file, and the entry is relative to `workingFolder`. One file on
 * the disk is one `SourceFile`, however it was reached.
 */
export function diskLoader(workingFolder: string): SourceLoader {
  const files = new Map<string, SourceFile>();
  const locations = new Map<SourceFile, string>();
  const standardFolder = join(packageRoot(), "stdlib");

  const read = (location: string): SourceFile | undefined => {
    const known = files.get(location);
    if (known !== undefined) return known;
    let text: string;
    try {
      text = readText(location, largestSource);
    } catch {
      return undefined;
    }
    const file = sourceOf(location, shownPath(location, workingFolder, standardFolder), text);
    files.set(location, file);
    locations.set(file, location);
    return file;
  };

  const folderOf = (importer: SourceFile | undefined): string => {
    const location = importer === undefined ? undefined : locations.get(importer);
    return location === undefined ? workingFolder : dirname(location);
  };

  return {
    load(specifier, importer) {
      if (importer === undefined) return read(resolve(workingFolder, specifier));
      const named = specifier.endsWith(ending) ? specifier : specifier + ending;
      if (named.startsWith("std/")) return read(join(standardFolder, named.slice("std/".length)));
      return read(resolve(folderOf(importer), named));
    },
    candidates(importer) {
      const own = importer === undefined ? undefined : locations.get(importer);
      const beside = weftFiles(folderOf(importer))
        .filter((name) => own === undefined || !own.endsWith(sep + name))
        .map((name) => `./${withoutEnding(name)}`);
      const standard = weftFiles(standardFolder).map((name) => `std/${withoutEnding(name)}`);
      return [...standard, ...beside];
    },
  };
}

function sourceOf(location: string, path: string, text: string): SourceFile {
  const key = `${path}\n${location}`;
  const last = lastRead.get(key);
  if (last?.text === text) return last;
  const file = { path, text };
  lastRead.set(key, file);
  return file;
}

/** What a person reads in messages: relative to where they are, with `/`. */
function shownPath(location: string, workingFolder: string, standardFolder: string): string {
  const inStandard = relative(standardFolder, location);
  const isStandard = !inStandard.startsWith("..") && !isAbsolute(inStandard);
  const fromHere = relative(workingFolder, location);
  const isBelow = !fromHere.startsWith("..") && !isAbsolute(fromHere);
  const path = isBelow ? fromHere : isStandard ? join("std", inStandard) : location;
  return path.split(sep).join("/");
}

function weftFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort();
}

function withoutEnding(name: string): string {
  return name.slice(0, -ending.length);
}
