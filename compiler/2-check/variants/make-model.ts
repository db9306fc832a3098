import { InternalError } from "../../diagnostics/internal-error.ts";
import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Named, PartSyntax, PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { brokenParts } from "../core/absent-parts.ts";
import { type Checker, everything, type Fill, type PartRequest } from "../core/checker.ts";
import type { Env, Instance, Item, LoadedFile } from "../core/entity.ts";
import { type ModelOverride, OverrideTable } from "../core/override-table.ts";
import { fileEnv } from "../core/root-frame.ts";
import { newChecker } from "../parts/new-checker.ts";
import { checkReplaced } from "./find-slots.ts";
import { modelEnv } from "./model-scope.ts";

/** A part that is put into a slot of the finished model: `replace path with Part`. */
export interface Replacement {
  readonly steps: readonly string[];
  readonly part: PartSyntax;
  readonly path: PathSyntax;
  /** Where names of the part stand, if not where the model is asked for. */
  readonly file?: LoadedFile;
}

interface ModelVariant {
  readonly item: Item;
  /** Where names of the parts in `replacements` stand, after those of the model. */
  readonly file: LoadedFile;
  /** Where the model is asked for. */
  readonly place: Span;
  readonly overrides: readonly ModelOverride[];
  /** Of several for one slot the last wins. */
  readonly replacements: readonly Replacement[];
  /** Nothing is said of overrides and replacements that find nothing. */
  readonly mayMiss?: boolean;
}

export interface MadeModel {
  readonly checker: Checker;
  readonly instance: Instance;
}

/** The model with overrides and replaced parts, its sizes and settings known; undefined after a report. */
export function makeModel(sink: DiagnosticSink, variant: ModelVariant): MadeModel | undefined {
  const { item, file, place } = variant;
  if (item.syntax.kind !== "module" && item.syntax.kind !== "alias") return undefined;
  const name: Named = { text: item.syntax.name.text, span: place };
  const overrides = new OverrideTable(variant.overrides, place);
  const plain = newChecker({ sink, known: everything, overrides });
  const files = new Map<Env, LoadedFile>();
  const envs = new Map<LoadedFile, Env>();
  const checker: Checker = {
    ...plain,
    makePart: (inner, request) => plain.makePart(inner, insideModel(request, files)),
  };
  const fills = variant.replacements.map(({ steps, part, file: own = file }): Fill => {
    const env = envs.get(own) ?? fileEnv(own);
    envs.set(own, env);
    files.set(env, own);
    return { steps, part, env, inside: [] };
  });
  const before = sink.errorCount;
  const part: PartSyntax = { name, axes: [], args: [], with: undefined, span: place };
  const instance = plain.makePart(checker, {
    part,
    env: fileEnv(item.file),
    path: "",
    fills: fills.toReversed(),
    inside: [],
  });
  if (instance === undefined) return undefined;
  const [broken] = sink.errorCount === 0 ? brokenParts(instance) : [];
  if (broken !== undefined)
    throw new InternalError(`${broken} of ${name.text} could not be made, and nothing says why`);
  if (variant.mayMiss === true) return sink.errorCount > before ? undefined : { checker, instance };
  for (const { steps, path } of variant.replacements)
    checkReplaced(checker, instance, steps, path.span);
  overrides.reportUnused(checker, instance);
  return sink.errorCount > before ? undefined : { checker, instance };
}

/**
 * What is put into a slot is written with the names of the model that it becomes a part of, which is
 * known only once that is being made: it is the outermost instance around the slot.
 */
function insideModel(request: PartRequest, files: ReadonlyMap<Env, LoadedFile>): PartRequest {
  const [model, ...inside] = request.inside;
  const file = files.get(request.env);
  if (file === undefined || model === undefined) return request;
  return { ...request, env: modelEnv(file, model), inside };
}
