import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ModeSyntax } from "../../ir/syntax/syntax.ts";
import { textOf } from "../core/describe.ts";
import type { Item } from "../core/entity.ts";
import type { LoadedProgram } from "./load-files.ts";

/** A model as `weft inspect` lists it. */
export interface ModelSummary {
  readonly name: string;
  readonly item: Item;
  readonly doc: string | undefined;
  readonly modes: readonly ModeSummary[];
}
interface ModeSummary {
  readonly name: string;
  readonly isStepped: boolean;
  readonly doc: string | undefined;
  /** What its first step takes, or it itself where it has no steps. */
  readonly inputs: readonly InputSummary[];
}
export interface InputSummary {
  readonly name: string;
  /** As it is written. */
  readonly type: string;
  /** Nothing needs to be given where it has a default. */
  readonly hasDefault: boolean;
}

/** The models that the entry files declare, named instances included, in order. */
export function modelsOf(program: LoadedProgram): readonly ModelSummary[] {
  return program.entries.flatMap((file) =>
    [...file.items.values()].flatMap((item) => {
      const { syntax } = item;
      const isModel = (syntax.kind === "module" || syntax.kind === "alias") && syntax.isModel;
      return isModel && !item.isBroken ? [summaryOf(item)] : [];
    }),
  );
}

/** What is listed of a model. */
export function summaryOf(item: Item): ModelSummary {
  const { name, doc } = item.syntax;
  return { name: name.text, item, doc, modes: modesOf(item, []) };
}

function modesOf({ syntax, file }: Item, seen: readonly string[]): readonly ModeSummary[] {
  if (syntax.kind === "module") {
    return syntax.members.flatMap((member) =>
      member.kind === "mode" ? [modeSummary(member)] : [],
    );
  }
  if (syntax.kind !== "alias" || seen.includes(syntax.name.text)) return [];
  const target = file.scope.find(syntax.part.name.text)?.entry.entity;
  return target?.kind === "item" ? modesOf(target.item, [...seen, syntax.name.text]) : [];
}

function modeSummary({ name, isStepped, doc, steps }: ModeSyntax): ModeSummary {
  const params = steps[0]?.signature.params ?? [];
  const inputs = params.map((param): InputSummary => {
    const isGiven = param.reader?.args.some((arg) => arg.name?.text === "default") ?? false;
    const isCounted = param.reader?.name.text === "length";
    const hasDefault = param.default !== undefined || isGiven || isCounted;
    return { name: param.name.text, type: textOf(param.type.span), hasDefault };
  });
  return { name: name.text, isStepped, doc, inputs };
}

/** A model of an entry file, or one that such a file imports; reports where there is none. */
export function findModel(
  program: LoadedProgram,
  name: string,
  sink: DiagnosticSink,
): Item | undefined {
  const summaries = modelsOf(program);
  const known = summaries.find((summary) => summary.name === name);
  if (known !== undefined) return known.item;
  for (const file of program.entries) {
    const entity = file.scope.own(name)?.entity;
    if (entity?.kind !== "item") continue;
    const { syntax } = entity.item;
    if (syntax.kind !== "module" && syntax.kind !== "alias") continue;
    if (syntax.isModel) return entity.item;
    sink.report("not-a-model", syntax.name.span, { name });
    return undefined;
  }
  const [file] = program.entries;
  if (file === undefined) return undefined;
  const available = summaries.map((summary) => summary.name);
  const nearest = nearestNames(name, available);
  const shown = summaries.find((summary) => summary.name === (nearest[0] ?? available[0]));
  const span = shown?.item.syntax.name.span ?? { file: file.source, start: 0, end: 0 };
  sink.report("unknown-model", span, { name, nearest, available });
  return undefined;
}

/** Where a file has no model, a module with a mode is what was meant to be one. */
export function reportModules(program: LoadedProgram, sink: DiagnosticSink): void {
  for (const file of program.entries) {
    for (const { syntax } of file.items.values()) {
      const hasMode =
        syntax.kind === "module" && syntax.members.some((member) => member.kind === "mode");
      if (hasMode) sink.report("not-a-model", syntax.name.span, { name: syntax.name.text });
    }
  }
}
