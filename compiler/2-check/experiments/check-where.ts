import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Span } from "../../source/source-file.ts";
import { type Checker, signatureOnly } from "../core/checker.ts";
import { describe } from "../core/describe.ts";
import type { ModelOverride } from "../core/override-table.ts";
import { coerceStatic } from "../values/coerce.ts";
import type { Subject } from "../variants/find-subject.ts";
import { makeModel } from "../variants/make-model.ts";
import { modelEnv } from "../variants/model-scope.ts";
import type { Combination, LeftOut } from "./checked-experiment.ts";
import type { GridPlace } from "./grid-place.ts";
import type { WrittenTrial } from "./written-trials.ts";

interface Kept {
  readonly kept: readonly Combination[];
  readonly leftOut: readonly LeftOut[];
}

interface WherePlace extends GridPlace {
  readonly subject: Subject;
  readonly before: readonly ModelOverride[];
  readonly span: Span;
}

/** Combinations for which every `where` holds, in the model that each makes; the others with the line that leaves them out. */
export function keepWhere(
  place: WherePlace,
  trials: readonly WrittenTrial[],
  combinations: readonly Combination[],
): Kept {
  const wheres = trials.filter(({ syntax }) => syntax.kind === "where");
  if (wheres.length === 0) return { kept: combinations, leftOut: [] };
  const { sink } = place.checker;
  const before = sink.errorCount;
  const leftOut: LeftOut[] = [];
  const kept = combinations.filter((combination) => {
    const by = leavesOut(place, wheres, combination);
    if (by !== undefined) leftOut.push({ combination, by });
    return by === undefined;
  });
  if (sink.errorCount > before) return { kept, leftOut };
  const [first] = wheres;
  if (kept.length === 0 && first !== undefined)
    sink.report("where-keeps-none", first.syntax.span, {});
  for (const { syntax } of wheres)
    if (leftOut.every(({ by }) => by !== syntax.span)) sink.report("idle-where", syntax.span, {});
  return { kept, leftOut };
}

/** The first line that does not hold for a combination. */
function leavesOut(
  { checker, subject, before, span: place, file }: WherePlace,
  wheres: readonly WrittenTrial[],
  { overrides, replacements, name }: Combination,
): Span | undefined {
  // What is wrong with the model is told if no line leaves it out.
  const made = makeModel(new DiagnosticSink(), {
    item: subject.item,
    file,
    place,
    overrides: [...before, ...overrides],
    replacements,
    mayMiss: true,
  });
  if (made === undefined) return undefined;
  const own: Checker = { ...signatureOnly(made.checker), sink: checker.sink };
  for (const { syntax, file: written } of wheres) {
    if (syntax.kind !== "where") continue;
    const env = modelEnv(written, made.instance);
    const { span } = syntax.value;
    if (name !== undefined && env.scope.own("case") === undefined) {
      const entity = { kind: "static", value: { type: "string", value: name } } as const;
      env.scope.declare("case", { entity, span, role: "member" });
    }
    const found = own.evaluate(own, env, syntax.value);
    const whose = { callee: "`where`", name: { phrase: "the condition" } };
    const entity = coerceStatic(own, env, found, "bool", whose, span);
    if (entity.kind !== "static" || entity.value.type !== "bool") continue;
    if (entity.value.value === false) return syntax.span;
    if (entity.value.value === undefined)
      own.sink.report("not-static", span, { where: "`where`", found: describe(own, env, found) });
  }
  return undefined;
}
