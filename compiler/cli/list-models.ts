import { parse } from "../1-parse/parse.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { DiagnosticSink } from "../diagnostics/sink.ts";
import type { FileSyntax, ModuleSyntax } from "../ir/syntax.ts";
import type { SourceFile } from "../source/source-file.ts";
import type { SourceLoader } from "../source/source-loader.ts";

export interface ModelListing {
  readonly name: string;
  readonly doc: string | undefined;
  /** In the order of the file; of the model that an alias stands for, where it is one. */
  readonly modes: readonly string[];
}

export interface FileListing {
  readonly models: readonly ModelListing[];
  /** Syntax errors of this file and of those that its models come from. */
  readonly diagnostics: readonly Diagnostic[];
}

/** The models of a file with their modes, from the syntax alone. */
export function listModels(file: SourceFile, loader: SourceLoader): FileListing {
  const sink = new DiagnosticSink();
  const trees = new Map<SourceFile, FileSyntax>();
  const treeOf = (source: SourceFile): FileSyntax => {
    const tree = trees.get(source) ?? parse(source, sink);
    trees.set(source, tree);
    return tree;
  };
  const listing = (name: string, doc: string | undefined): ModelListing => {
    const meant = declarationOf(name, file, treeOf, loader, new Set());
    return { name, doc: doc ?? meant?.doc, modes: meant === undefined ? [] : modesOf(meant) };
  };
  const own = treeOf(file).items.flatMap((item): ModelListing[] => {
    if ((item.kind !== "module" && item.kind !== "alias") || !item.isModel) return [];
    return [listing(item.name.text, item.doc)];
  });
  const imported = treeOf(file)
    .imports.flatMap((line) => line.names.map((name) => listing(name.text, undefined)))
    .filter((model) => model.modes.length > 0);
  return { models: [...own, ...imported], diagnostics: sink.diagnostics };
}

/** The module behind a name: here, behind an alias, or in the file that it is imported from. */
function declarationOf(
  name: string,
  file: SourceFile,
  treeOf: (file: SourceFile) => FileSyntax,
  loader: SourceLoader,
  seen: Set<string>,
): ModuleSyntax | undefined {
  const key = `${file.path} ${name}`;
  if (seen.has(key)) return undefined; // A circle of aliases or imports is for the checker to report.
  seen.add(key);
  const tree = treeOf(file);
  for (const item of tree.items) {
    if (item.kind === "module" && item.name.text === name) return item;
    if (item.kind === "alias" && item.name.text === name) {
      return declarationOf(item.part.name.text, file, treeOf, loader, seen);
    }
  }
  const line = tree.imports.find((one) => one.names.some((imported) => imported.text === name));
  const source = line === undefined ? undefined : loader.load(line.from.text, file);
  return source === undefined ? undefined : declarationOf(name, source, treeOf, loader, seen);
}

function modesOf(model: ModuleSyntax): readonly string[] {
  return model.members.flatMap((member) => (member.kind === "mode" ? [member.name.text] : []));
}
