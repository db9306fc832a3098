import { DiagnosticSink } from "../diagnostics/sink.ts";
import type { SourceFile } from "../source/source-file.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import type { Parse } from "./load-files.ts";

/** The import that a missing name lacks: `import { gelu } from "std/functions"`. */
export type FindImport = (name: string) => string | undefined;

/** Looks a name up in the standard library, which is read only when the first name is missing. */
export function importFinder(
  { loader, parse }: { readonly loader: SourceLoader; readonly parse: Parse },
  importer: SourceFile | undefined,
): FindImport {
  let known: ReadonlyMap<string, string> | undefined;
  return (name) => {
    known ??= declaredIn(loader, parse, importer);
    const path = known.get(name);
    return path === undefined ? undefined : `import { ${name} } from "${path}"`;
  };
}

function declaredIn(
  loader: SourceLoader,
  parse: Parse,
  importer: SourceFile | undefined,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const path of loader.candidates(importer)) {
    const file = path.startsWith("std/") ? loader.load(path, importer) : undefined;
    if (file === undefined) continue;
    for (const { name } of parse(file, new DiagnosticSink()).items) found.set(name.text, path);
  }
  return found;
}
