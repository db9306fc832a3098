import type { OverrideSyntax, TrialSyntax } from "../../ir/syntax/entry-syntax.ts";
import { textOf } from "../core/describe.ts";
import { numberOf } from "../stages/stage-values.ts";
import { checkArguments } from "../variants/check-arguments.ts";
import { joinSteps, overrideSteps } from "../variants/read-overrides.ts";
import { aboveZero, atLeastOne, atLeastZero, numberIn } from "../variants/value-range.ts";
import { instanceAt } from "./difference.ts";
import type { Range, Sampling } from "./draw.ts";
import type { GridPlace } from "./grid-place.ts";
import { isRatePath } from "./rate-paths.ts";

type SetSyntax = Extract<OverrideSyntax, { kind: "set" }>;

/** `set p in a to b log`. */
interface CheckedRange extends Range {
  readonly path: string;
  readonly syntax: SetSyntax;
  /** Of learning rates. */
  readonly isRate: boolean;
}

/** Undefined after a report. */
export function checkRange(place: GridPlace, syntax: SetSyntax): CheckedRange | undefined {
  const { checker, env } = place;
  const { path: written, value, upTo } = syntax;
  const steps = overrideSteps(checker, env, written);
  if (upTo === undefined || steps === undefined) return undefined;
  const name = textOf(written.span);
  const params = { callee: "`set`", name };
  if (!syntax.each) {
    const wrong = { ...params, needed: "`in` before a range", found: "`=`" };
    checker.sink.report("argument-type", syntax.span, wrong);
    return undefined;
  }
  const isWhole = isWholeAt(place, steps);
  const bound = upTo.isLog ? aboveZero : { says: "finite", holds: Number.isFinite };
  const [from, to] = [value, upTo.to].map((expr) =>
    numberOf(place, { entry: `set ${name}` }, expr, "float", bound),
  );
  if (from === undefined || to === undefined) return undefined;
  const found = `${textOf(value.span)} to ${textOf(upTo.to.span)}`;
  if (!(from < to)) {
    const wrong = { ...params, needed: "a range whose first number is the smaller one", found };
    checker.sink.report("argument-type", syntax.span, wrong);
    return undefined;
  }
  if (isWhole && Math.ceil(from) > Math.floor(to)) {
    const wrong = { ...params, needed: "a range with a whole number in it", found };
    checker.sink.report("argument-type", syntax.span, wrong);
    return undefined;
  }
  const isRate = isRatePath(place, steps);
  return { path: joinSteps(steps), syntax, isRate, from, to, isLog: upTo.isLog, isWhole };
}

/** Whether an axis or a whole setting stands at a path; what only a replaced part has is taken for real numbers. */
function isWholeAt({ instance }: GridPlace, steps: readonly string[]): boolean {
  const owner = steps.length === 1 ? instance : instanceAt(instance, steps.slice(0, -1));
  const last = steps.at(-1) ?? "";
  if (owner?.axes.has(last) === true) return true;
  const setting = owner?.settings.get(last)?.entity;
  return setting?.kind === "static" && setting.value.type === "int";
}

/** `sample n by random(seed: s)`; undefined after a report. */
export function checkSampling(
  place: GridPlace,
  syntax: Extract<TrialSyntax, { kind: "sample" }>,
): Sampling | undefined {
  const { checker, env } = place;
  const count = numberOf(place, { entry: "sample" }, syntax.count, "int", atLeastOne);
  const method = methods.find((one) => one === syntax.method.text);
  if (method === undefined) {
    const { text, span } = syntax.method;
    const hint = `it is one of ${methods.map((one) => `\`${one}\``).join(", ")}`;
    const params = { kind: "way to sample", name: text, nearest: [] };
    checker.sink.report("unknown-name", span, params, { hint });
    return undefined;
  }
  const known = [{ name: "seed", type: "int", isOptional: true, range: atLeastZero }] as const;
  const given = checkArguments(checker, env, method, known, syntax.args, syntax.span).get("seed");
  const seed = given === undefined ? 0 : numberIn(checker, given);
  return count === undefined || seed === undefined ? undefined : { count, method, seed };
}

const methods = ["random", "latin_hypercube"] as const;
