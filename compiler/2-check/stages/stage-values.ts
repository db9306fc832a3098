import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ExprSyntax, Named } from "../../ir/syntax/syntax.ts";
import type { Checker } from "../core/checker.ts";
import type { Env, Instance } from "../core/entity.ts";
import { coerceStatic, type Place } from "../values/coerce.ts";
import { isInRange, numberIn, type ValueRange } from "../variants/value-range.ts";

/** Where values and selectors of a plan are looked up: names of the model and its parts as they are. */
export interface PlanPlace {
  readonly checker: Checker;
  readonly env: Env;
  readonly instance: Instance;
}

/** Whose value it is, for messages: the entry, and what of it where it has several. */
interface ValueOf {
  readonly entry: string;
  readonly name?: string;
}

/**
 * A number of an entry, in its range; undefined after a report, or where it hangs on a `batch` or `steps` that nobody
 * gives.
 */
export function numberOf(
  { checker, env }: PlanPlace,
  whose: ValueOf,
  expr: ExprSyntax,
  type: "int" | "float",
  range: ValueRange,
): number | undefined {
  const entity = checker.evaluate(checker, env, expr);
  const found = coerceStatic(checker, env, entity, type, placeOf(whose), expr.span);
  if (found.kind !== "static") return undefined;
  const value = numberIn(checker, found.value);
  if (value === undefined) return undefined;
  const { entry, name } = whose;
  const what = name === undefined ? { name: entry } : { name, of: entry };
  return isInRange(checker, what, value, range, expr.span) ? value : undefined;
}

/** A text of an entry; undefined after a report. */
export function stringOf(
  { checker, env }: PlanPlace,
  whose: ValueOf,
  expr: ExprSyntax,
): string | undefined {
  const entity = checker.evaluate(checker, env, expr);
  const found = coerceStatic(checker, env, entity, "string", placeOf(whose), expr.span);
  return found.kind === "static" && found.value.type === "string" ? found.value.value : undefined;
}

function placeOf({ entry, name }: ValueOf): Place {
  return { callee: `\`${entry}\``, name: name ?? { phrase: "the value" } };
}

/** One of the words that an entry knows; undefined after a report. */
export function wordOf<W extends string>(
  { checker }: PlanPlace,
  kind: string,
  word: Named,
  known: readonly W[],
): W | undefined {
  const found = known.find((one) => one === word.text);
  if (found !== undefined) return found;
  const hint = `it is one of ${known.map((name) => `\`${name}\``).join(", ")}`;
  const nearest = nearestNames(word.text, known);
  checker.sink.report(
    "unknown-name",
    word.span,
    { kind, name: word.text, nearest },
    nearest.length === 0 ? { hint } : {},
  );
  return undefined;
}
