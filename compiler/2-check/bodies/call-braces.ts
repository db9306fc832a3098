import { listOf } from "../../diagnostics/phrase.ts";
import type { Axis } from "../../ir/graph/graph.ts";
import type { BraceItemSyntax, BracesSyntax } from "../../ir/syntax/syntax.ts";
import { evaluateAxis, reportSizeAsAxis, reportUnknownAxis } from "../axes/axes.ts";
import type { Checker, WrittenCall } from "../core/checker.ts";
import type { Naming, Reporting } from "../core/contexts.ts";
import { nameOfAxis, textOf } from "../core/describe.ts";
import type { Callable, Env } from "../core/entity.ts";

/** What the braces of a call give to a fn: axes for its names, and for its `..`. */
interface GivenAxes {
  readonly named: ReadonlyMap<string, readonly Axis[]>;
  readonly rest: readonly Axis[] | undefined;
}

/** Matches the braces of a call of a fn with those of its signature. */
export function giveAxes(
  checker: Checker,
  env: Env,
  callable: Callable,
  call: WrittenCall,
): GivenAxes | undefined {
  const wanted = callable.signature.braces;
  if (wanted === undefined && call.braces === undefined)
    return { named: new Map(), rest: undefined };
  const isOnlyRest =
    wanted?.to === undefined && wanted?.items.length === 1 && wanted.items[0]?.kind === "rest";
  if (
    wanted !== undefined &&
    call.braces === undefined &&
    isOnlyRest &&
    call.initAxes !== undefined
  ) {
    return { named: new Map(), rest: call.initAxes };
  }
  if (
    wanted === undefined ||
    call.braces === undefined ||
    (wanted.to === undefined) !== (call.braces.to === undefined)
  ) {
    return reportForm(checker, env, callable, call);
  }
  const left = matchItems(checker, env, wanted.items, call.braces.items, callable, call);
  const right = matchItems(checker, env, wanted.to ?? [], call.braces.to ?? [], callable, call);
  if (left === undefined || right === undefined) return undefined;
  const named = new Map([...left.named, ...right.named]);
  const rest = left.rest ?? right.rest;
  return isDistinct(checker, env, call.braces, [...named.values(), rest ?? []].flat())
    ? { named, rest }
    : undefined;
}

function matchItems(
  checker: Checker,
  env: Env,
  wanted: readonly BraceItemSyntax[],
  items: readonly BraceItemSyntax[],
  callable: Callable,
  call: WrittenCall,
): GivenAxes | undefined {
  const names = wanted.flatMap((item) =>
    item.kind === "axis" && item.axis.kind === "path" ? [item.axis.path.head.text] : [],
  );
  const hasRest = wanted.some((item) => item.kind === "rest");
  const given: (readonly Axis[])[] = [];
  let callerRest: readonly Axis[] = [];
  for (const item of items) {
    if (item.kind === "rest") {
      callerRest = env.frame.restAxes ?? [];
      if (env.frame.restAxes === undefined) {
        checker.sink.report(
          "unbound-axis",
          item.span,
          { axis: "..", where: `\`${textOf(call.span)}\`` },
          { hint: "name the axes" },
        );
        return undefined;
      }
      continue;
    }
    const axes = axesOfItem(checker, env, item, callable);
    if (axes === undefined) return undefined;
    given.push(axes);
  }
  const hasGivenRest = items.some((item) => item.kind === "rest");
  if (given.length < names.length || (!hasRest && (given.length > names.length || hasGivenRest))) {
    reportForm(checker, env, callable, call);
    return undefined;
  }
  const named = new Map(names.map((name, n) => [name, given[n] ?? []]));
  return {
    named,
    rest: hasRest ? [...given.slice(names.length).flat(), ...callerRest] : undefined,
  };
}

function axesOfItem(
  checker: Checker,
  env: Env,
  item: Extract<BraceItemSyntax, { kind: "axis" }>,
  callable: Callable,
): readonly Axis[] | undefined {
  if (item.at !== undefined) {
    checker.sink.report("not-callable", item.span, {
      name: textOf(item.span),
      what: `a position, and the fn ${callable.name} takes axes`,
    });
    return undefined;
  }
  const axis = evaluateAxis(checker, env, item.axis);
  if (axis.kind === "axes") return axis.axes;
  if (axis.kind === "size") reportSizeAsAxis(checker, axis.size, item.span);
  if (axis.kind === "unknown") reportUnknownAxis(checker, env, axis.name);
  return undefined;
}

function isDistinct(
  context: Naming & Reporting,
  env: Env,
  braces: BracesSyntax,
  axes: readonly Axis[],
): boolean {
  const repeated = axes.find((axis, n) => axes.indexOf(axis) !== n);
  if (repeated === undefined) return true;
  context.sink.report("duplicate-axis", braces.span, {
    axis: nameOfAxis(context, env, repeated),
    where: `\`${textOf(braces.span)}\``,
  });
  return false;
}

/** The call with each axis of its first argument in braces, where these are known. */
function formsOfCall(
  checker: Checker,
  env: Env,
  wanted: BracesSyntax,
  { args, calleeSpan }: WrittenCall,
): readonly string[] {
  const [first] = args;
  const callee = textOf(calleeSpan);
  const isSimple = wanted.items.length === 1 && wanted.to === undefined;
  if (!isSimple || first === undefined || "entity" in first || first.value.kind !== "name")
    return [`${callee}{...}(...)`];
  const value = checker.evaluate(checker, env, first.value);
  const axes = value.kind === "tensor" ? value.value.type.axes : [];
  const names = axes
    .filter((axis) => !checker.restAxes.has(axis))
    .map((axis) => nameOfAxis(checker, env, axis));
  const given = args.length === 1 ? textOf(first.span) : `${textOf(first.span)}, ...`;
  return (names.length > 0 ? names : ["..."]).map((name) => `${callee}{${name}}(${given})`);
}

function reportForm(checker: Checker, env: Env, callable: Callable, call: WrittenCall): undefined {
  const wanted = callable.signature.braces;
  if (call.braces === undefined && wanted !== undefined) {
    checker.sink.report(
      "unbound-axis",
      call.calleeSpan,
      {
        axis: wanted.items.map((item) => textOf(item.span)).join(", "),
        where: `\`${callable.name}\``,
      },
      {
        related: [{ span: wanted.span, text: "the caller gives these" }],
        hint: `give it in braces: ${listOf(formsOfCall(checker, env, wanted, call), "or")}`,
      },
    );
    return undefined;
  }
  const count = (wanted?.items.length ?? 0) + (wanted?.to?.length ?? 0);
  checker.sink.report(
    "wrong-arity",
    call.braces?.span ?? call.calleeSpan,
    {
      callee: `\`${callable.name}\``,
      needed: wanted === undefined ? "no axes" : `the axes \`${textOf(wanted.span)}\``,
      found:
        call.braces === undefined ? 0 : call.braces.items.length + (call.braces.to?.length ?? 0),
      signature: `${callable.name}${textOf(callable.signature.span)}`,
    },
    {
      related: [
        {
          span: callable.span,
          text: count === 0 ? "declared here without braces" : "declared here",
        },
      ],
    },
  );
  return undefined;
}
