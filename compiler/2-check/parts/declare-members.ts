import type {
  AxisDefSyntax,
  ExprSyntax,
  MemberSyntax,
  RepeatSyntax,
  UseSyntax,
} from "../../ir/syntax/syntax.ts";
import { joinSpans } from "../../source/source-file.ts";
import { defineAxis } from "../axes/define-axis.ts";
import { runLet } from "../bodies/statements.ts";
import { describe, textOf } from "../core/describe.ts";
import type { Elaboration, Fill } from "../core/elaboration.ts";
import { type Absence, fillsBelow } from "../core/fills.ts";
import { mayUnroll } from "../core/limits.ts";
import { type Env, errorMeaning, type Instance } from "../core/meaning.ts";
import { overrideAxis } from "../core/overrides.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside, declareMember } from "../values/names.ts";
import { declareSlot } from "./declare-slot.ts";
import { declareStorage } from "./declare-storage.ts";
import { memberPath, pathTakenBy, placeEmptyList, placeMember, stepsOf } from "./place-member.ts";

/** The members of a module or of one turn of a `repeat`, in order. Fns, modes and types are declared before. */
export function declareMembers(
  on: Elaboration,
  env: Env,
  instance: Instance,
  members: readonly MemberSyntax[],
  fills: readonly Fill[],
): void {
  for (const member of members) {
    switch (member.kind) {
      case "axis":
        declareAxis(on, env, instance, member);
        break;
      case "let":
        runLet(on, env, member, "setting");
        break;
      case "use":
        declareUse(on, env, instance, member, fills);
        break;
      case "slot":
        declareSlot(on, env, instance, member, fills, conditionOf(on, env, member.condition));
        break;
      case "repeat":
        declareRepeat(on, env, instance, member, fills);
        break;
      case "storage":
        declareStorage(on, env, instance, member, conditionOf(on, env, member.condition));
        break;
      default:
    }
  }
}

function declareAxis(on: Elaboration, env: Env, instance: Instance, syntax: AxisDefSyntax): void {
  const made = defineAxis(on, env, syntax);
  const name = syntax.name.text;
  const path = [instance.path, name].filter((text) => text !== "").join(".");
  let axes = made?.axes;
  if (made !== undefined) {
    const [only] = made.axes;
    const owned = made.isOwned && only !== undefined;
    const size = overrideAxis(
      on,
      path,
      owned
        ? { kind: "owned", size: only.size }
        : { kind: "alias", target: () => textOf(syntax.axis.span) },
      syntax.span,
    );
    if (size === undefined) axes = undefined;
    else if (owned && size !== true && size !== only.size)
      axes = [on.build.axis(name, size, syntax.name.span)];
  }
  const [only] = axes ?? [];
  if (axes?.length === 1 && only !== undefined && !on.owners.has(only))
    on.owners.set(only, { path: instance.path, name });
  if (axes !== undefined)
    instance.axes.set(name, {
      name,
      axes,
      isOwned: made?.isOwned ?? false,
      span: syntax.name.span,
    });
  declareMember(
    on,
    env.scope,
    syntax.name,
    axes === undefined ? errorMeaning : { kind: "axes", axes },
    "axis",
    `\`${instance.name}\``,
  );
}

/** In the generic check optional members are there. */
function conditionOf(on: Elaboration, env: Env, condition: ExprSyntax | undefined): Absence {
  if (condition === undefined) return undefined;
  const meaning = asOperand(on, env, on.evaluate(on, env, condition), condition.span);
  if (meaning?.kind === "error") return { kind: "error" };
  if (meaning?.kind !== "static" || meaning.value.type !== "bool") {
    const found = meaning === undefined ? "no value" : describe(on, env, meaning);
    on.sink.report("not-static", condition.span, { where: "a condition of a member", found });
    return { kind: "error" };
  }
  if (meaning.value.value !== false || on.known.sizes === "symbolic") return undefined;
  const written = textOf(condition.span);
  return {
    kind: "absent",
    why: `\`${written}\` is false`,
    condition: written,
    span: condition.span,
  };
}

function declareUse(
  on: Elaboration,
  env: Env,
  instance: Instance,
  member: UseSyntax,
  fills: readonly Fill[],
): void {
  const absence = conditionOf(on, env, member.condition);
  for (const path of member.paths) {
    const steps = stepsOf(on, env, path);
    const node = steps === undefined ? undefined : placeMember(on, instance, path, steps);
    if (steps === undefined || node === undefined) continue;
    if (absence !== undefined) {
      node.content = absence;
      continue;
    }
    const below = fillsBelow(fills, instance, steps);
    const made = on.makePart(on, {
      part: member.part,
      env,
      path: memberPath(instance, steps),
      fills: below,
      inside: [],
    });
    const taken = made === undefined ? undefined : pathTakenBy(made, node);
    if (taken?.span !== undefined) {
      on.sink.report(
        "path-taken",
        path.span,
        { path: textOf(taken.span) },
        { related: [{ span: taken.span, text: "taken here" }] },
      );
    }
    node.content = made === undefined ? { kind: "error" } : { kind: "part", instance: made };
  }
}

function declareRepeat(
  on: Elaboration,
  env: Env,
  instance: Instance,
  member: RepeatSyntax,
  fills: readonly Fill[],
): void {
  const bounds = [member.from, member.to].map((bound) => {
    const meaning = asOperand(on, env, on.evaluate(on, env, bound), bound.span);
    if (meaning?.kind === "static" && meaning.value.type === "int") return meaning.value.value;
    const found = meaning === undefined ? "no value" : describe(on, env, meaning);
    if (meaning?.kind !== "error")
      on.sink.report("not-static", bound.span, { where: "a bound of `repeat`", found });
    return undefined;
  });
  const [from, to] = bounds;
  if (from === undefined || to === undefined) return;
  const [first, last] = [on.sizes.valueOf(from), on.sizes.valueOf(to)];
  if (on.known.sizes === "symbolic") {
    declareTurn(on, env, instance, member, fills, on.sizes.variable(member.variable.text, 0));
    return;
  }
  if (first === undefined || last === undefined) return;
  const range = joinSpans(member.from.span, member.to.span);
  if (!mayUnroll(on, range, Math.max(last - first, 0))) return;
  for (let turn = first; turn < last; turn++)
    declareTurn(on, env, instance, member, fills, on.sizes.constant(turn));
  if (last <= first) for (const one of member.members) declareNothing(on, instance, one);
}

function declareTurn(
  on: Elaboration,
  env: Env,
  instance: Instance,
  member: RepeatSyntax,
  fills: readonly Fill[],
  turn: ReturnType<Elaboration["sizes"]["constant"]>,
): void {
  const scope = new Scope("turn", env.scope);
  declareInside(
    on,
    scope,
    member.variable,
    { kind: "static", value: { type: "int", value: turn } },
    "counter",
  );
  declareMembers(on, { ...env, scope }, instance, member.members, fills);
}

function declareNothing(on: Elaboration, instance: Instance, member: MemberSyntax): void {
  if (member.kind === "use" || member.kind === "storage")
    for (const path of member.paths) placeEmptyList(on, instance, path);
  if (member.kind === "slot") placeEmptyList(on, instance, member.path);
}
