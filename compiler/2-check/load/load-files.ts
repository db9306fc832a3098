import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { EntrySyntax } from "../../ir/syntax/entry-syntax.ts";
import type { FileSyntax, ImportSyntax } from "../../ir/syntax/file-syntax.ts";
import { surfaceOps } from "../../ops/surface/surface-registry.ts";
import type { SourceFile, Span } from "../../source/source-file.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import type { Entity, Item, LoadedFile } from "../core/entity.ts";
import { Scope } from "../core/scope.ts";
import { importFinder } from "./import-finder.ts";

export type Parse = (file: SourceFile, sink: DiagnosticSink) => FileSyntax;

interface LoadRequest {
  /** Specifiers of the files to start from, as the loader knows them. */
  readonly entries: readonly string[];
  readonly loader: SourceLoader;
  readonly parse: Parse;
  readonly sink: DiagnosticSink;
  /** Files of the standard library that are needed whether a text imports them or not. */
  readonly standard?: readonly string[] | undefined;
}

export interface LoadedProgram {
  readonly entries: readonly LoadedFile[];
  /** Those that were asked for, by specifier. */
  readonly standard: ReadonlyMap<string, LoadedFile>;
  /** Every file that is reached, each after those that it imports. */
  readonly files: readonly LoadedFile[];
}

const standardPrefix = "std/";

/** Reads the entries and everything that they import, and gives each file its names. */
export function loadFiles(request: LoadRequest): LoadedProgram {
  const loading = new Loading(request);
  const entries = request.entries.flatMap((entry) => loading.entry(entry) ?? []);
  const standard = new Map<string, LoadedFile>();
  for (const specifier of request.standard ?? []) {
    const file = entries[0] && loading.standard(specifier, entries[0]);
    if (file !== undefined) standard.set(specifier, file);
  }
  return { entries, standard, files: loading.files };
}

class Loading {
  readonly #request: LoadRequest;
  readonly #done = new Map<SourceFile, LoadedFile>();
  readonly #open: OpenFile[] = [];
  readonly files: LoadedFile[] = [];

  constructor(request: LoadRequest) {
    this.#request = request;
  }

  entry(specifier: string): LoadedFile | undefined {
    const { loader, sink } = this.#request;
    const source = loader.load(specifier, undefined);
    if (source !== undefined) return this.#load(source, undefined, false);
    const nowhere = { file: { path: specifier, text: "" }, start: 0, end: 0 };
    sink.report("unknown-import", nowhere, {
      name: specifier,
      from: undefined,
      nearest: nearestNames(specifier, loader.candidates(undefined)),
    });
    return undefined;
  }

  /** As if `file` imported nothing of it. */
  standard(specifier: string, { source, syntax: { span } }: Pick<LoadedFile, "source" | "syntax">) {
    const from = { text: specifier, span };
    return this.#importedFile({ source, isStandard: true }, { names: [], from, span });
  }

  #load(source: SourceFile, importedAt: Span | undefined, isStandard: boolean): LoadedFile {
    const known = this.#done.get(source);
    if (known !== undefined) return known;
    const { sink } = this.#request;
    const before = new Set(sink.diagnostics);
    const syntax = this.#request.parse(source, sink);
    const mistakes = sink.diagnostics
      .filter((one) => !before.has(one) && one.severity === "error")
      .map((one) => one.primary.span);
    this.#open.push({ source, importedAt });
    const scope = new Scope("file", undefined);
    const items = new Map<string, Item>();
    const isBroken = mistakes.length > 0;
    const file: LoadedFile = { source, syntax, scope, items, isStandard, isBroken };
    this.#declareItems(file, items, mistakes);
    for (const one of syntax.imports) this.#import(file, one);
    // Every optimizer is held against the interface there, whether the stage's file names it or not.
    const stages = syntax.items.filter((item) => item.kind === "stage");
    if (stages.length > 0) this.standard("std/optimizers", file);
    if (stages.some(({ entries }) => isAdapting(entries))) this.standard("std/adapters", file);
    this.#open.pop();
    this.#done.set(source, file);
    this.files.push(file);
    return file;
  }

  #declareItems(file: LoadedFile, items: Map<string, Item>, mistakes: readonly Span[]): void {
    for (const syntax of file.syntax.items) {
      const { name } = syntax;
      const { start, end } = syntax.span;
      // Where an error stands at the very end, the item has lost its closing bracket.
      const isBroken = mistakes.some((span) => span.start >= start && span.start <= end);
      const item: Item = { syntax, file, isBroken };
      if (!this.#declare(file, name, meaningOfItem(item))) continue;
      items.set(name.text, item);
    }
  }

  #declare(file: LoadedFile, name: ImportSyntax["from"], entity: Entity): boolean {
    const earlier = file.scope.own(name.text);
    if (earlier === undefined) {
      file.scope.declare(name.text, { entity, span: name.span, role: "item" });
      return true;
    }
    const related =
      earlier.span === undefined ? [] : [{ span: earlier.span, text: "the earlier declaration" }];
    this.#request.sink.report(
      "declared-twice",
      name.span,
      { name: name.text, where: "this file" },
      { related },
    );
    return false;
  }

  #import(file: LoadedFile, syntax: ImportSyntax): void {
    const from = this.#importedFile(file, syntax);
    for (const name of syntax.names) {
      const item = from?.items.get(name.text);
      if (item === undefined && this.#isOperation(name, syntax)) continue;
      // What is wrong in a file may have cost it this name, and is told already.
      if (from !== undefined && !from.isBroken && item === undefined) {
        const nearest = nearestNames(name.text, from.items.keys());
        const other = importFinder(this.#request, file.source)(name.text);
        const hint = other?.name === name.text ? { hint: `\`${other.line}\`` } : {};
        const params = { name: name.text, from: syntax.from.text, nearest };
        this.#request.sink.report("unknown-import", name.span, params, hint);
      }
      // A name that could not be imported is known, so that its uses are silent.
      this.#declare(file, name, item === undefined ? { kind: "error" } : meaningOfItem(item));
    }
  }

  /** What was a function of the standard library and is an operation now is there without an import. */
  #isOperation({ text, span }: ImportSyntax["from"], { from }: ImportSyntax): boolean {
    if (!from.text.startsWith(standardPrefix) || !surfaceOps.has(text)) return false;
    const hint = `\`${text}\` is an operation, which needs no import`;
    this.#request.sink.report("unused-import", span, { name: text, from: from.text }, { hint });
    return true;
  }

  #importedFile(
    { source: importer, isStandard }: Pick<LoadedFile, "source" | "isStandard">,
    { from }: ImportSyntax,
  ): LoadedFile | undefined {
    const { loader, sink } = this.#request;
    const source = loader.load(from.text, importer);
    if (source === undefined) {
      sink.report("unknown-import", from.span, {
        name: from.text,
        from: undefined,
        nearest: nearestNames(from.text, loader.candidates(importer)),
      });
      return undefined;
    }
    const start = this.#open.findIndex((one) => one.source === source);
    if (start < 0)
      return this.#load(source, from.span, isStandard || from.text.startsWith(standardPrefix));
    const circle = this.#open.slice(start);
    const files = [...circle.map((one) => one.source.path), source.path];
    const related = circle
      .slice(1)
      .flatMap(({ source: { path }, importedAt }) =>
        importedAt === undefined ? [] : [{ span: importedAt, text: `imports \`${path}\`` }],
      );
    const label = `imports \`${source.path}\``;
    sink.report("import-cycle", from.span, { files }, { label, related });
    return undefined;
  }
}

/** A file that is being loaded, and the import that wants it. */
interface OpenFile {
  readonly source: SourceFile;
  readonly importedAt: Span | undefined;
}

function meaningOfItem(item: Item): Entity {
  const { syntax, file } = item;
  if (item.isBroken) return { kind: "error" };
  if (syntax.kind !== "fn") return { kind: "item", item };
  const callable = {
    name: syntax.name.text,
    signature: syntax.signature,
    body: syntax.body,
    file,
    span: syntax.name.span,
  };
  return { kind: "fn", callable, instance: undefined, through: [] };
}

/** Whether one of these lines, or of the phases among them, puts adapters into the model. */
function isAdapting(entries: readonly EntrySyntax[]): boolean {
  return entries.some(
    (entry) => entry.kind === "adapt" || (entry.kind === "phase" && isAdapting(entry.entries)),
  );
}
