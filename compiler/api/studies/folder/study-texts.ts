import { dirname, join, relative, resolve, sep } from "node:path";
import { cwd } from "node:process";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import { checkFiles } from "../../../2-check/check-files.ts";
import { invariant } from "../../../diagnostics/internal-error.ts";
import { DiagnosticSink } from "../../../diagnostics/sink.ts";
import type { SourceLoader } from "../../../source/source-loader.ts";
import type { StageOptions } from "../../compile-options.ts";
import { digestOf } from "../../load/digest.ts";
import { namedSource } from "../../load/named-source.ts";
import { parseOnce } from "../../load/parse-once.ts";
import { studyPaths } from "./study-paths.ts";

/**
 * Copies the texts of an experiment into the folder of its study, so that workers train what was planned whatever becomes of
 * the originals. Gives the path of the copy that has the experiment, from that folder. The standard library is the package's.
 */
export function copyTexts(folder: string, file: StageOptions["file"]): string {
  const { entry, texts } = textsOf(file);
  const places = [...texts.keys()];
  const top = commonFolder(places);
  const named = [...texts].map(([path, text]) => [relative(top, path), text] as const);
  const version = digestOf(JSON.stringify(named)).slice(0, 8);
  const target = join(studyPaths(folder).texts, version);
  for (const [name, text] of named)
    writeAtomically(join(target, name), [new TextEncoder().encode(text)]);
  return relative(folder, join(target, relative(top, entry)))
    .split(sep)
    .join("/");
}

/** What an experiment is read from, by absolute paths. A text that is on no disk is read as if it lay in the working folder. */
function textsOf(file: StageOptions["file"]): {
  readonly entry: string;
  readonly texts: ReadonlyMap<string, string>;
} {
  const { entry, loader: open } = namedSource(file);
  const texts = new Map<string, string>();
  const loader = open();
  const recording: SourceLoader = {
    load(specifier, importer) {
      const found = loader.load(specifier, importer);
      const isStandard = specifier.startsWith("std/") || importer?.path.startsWith("std/") === true;
      if (found !== undefined && !isStandard) texts.set(resolve(cwd(), found.path), found.text);
      return found;
    },
    candidates: (importer) => loader.candidates(importer),
  };
  const sink = new DiagnosticSink();
  checkFiles({ entries: [entry], loader: recording, parse: parseOnce, sink });
  const path = resolve(cwd(), entry);
  invariant(texts.has(path), "the text of an experiment was read");
  return { entry: path, texts };
}

/** The deepest folder below which all of them are; of paths on several drives that of the first one's. */
function commonFolder(paths: readonly string[]): string {
  let [folder = sep] = paths.map((path) => dirname(path));
  const isAbove = (path: string) => path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  while (!paths.every(isAbove) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
