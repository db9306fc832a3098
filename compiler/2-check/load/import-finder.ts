import { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { FileSyntax } from "../../ir/syntax/file-syntax.ts";
import type { SourceFile } from "../../source/source-file.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import type { FindImport } from "../core/contexts.ts";

type Parse = (file: SourceFile, sink: DiagnosticSink) => FileSyntax;

/** Looks a name up in the standard library, which is read only when the first name is missing. */
export function importFinder(
  { loader, parse }: { readonly loader: SourceLoader; readonly parse: Parse },
  importer: SourceFile | undefined,
): FindImport {
  let known: ReadonlyMap<string, string> | undefined;
  return (name) => {
    known ??= declaredIn(loader, parse, importer);
    const found = known.has(name) ? name : nearestNames(name, known.keys())[0];
    const path = found === undefined ? undefined : known.get(found);
    if (found === undefined || path === undefined) return undefined;
    return { name: found, line: `import { ${found} } from "${path}"` };
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
