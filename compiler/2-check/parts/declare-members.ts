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
import type { Checker, Fill } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import { describe, textOf } from "../core/describe.ts";
import { type Env, errorEntity, type Instance } from "../core/entity.ts";
import { type Absence, fillsBelow } from "../core/fills.ts";
import { mayUnroll } from "../core/limits.ts";
import { overrideAxis } from "../core/overrides.ts";
import { Scope } from "../core/scope.ts";
import { asOperand } from "../values/coerce.ts";
import { declareInside, declareMember } from "../values/names.ts";
import { declareSlot } from "./declare-slot.ts";
import { declareStorage } from "./declare-storage.ts";
import {
  memberPath,
  pathTakenBy,
  placeEmptyList,
  placeMember,
  placePart,
  stepsOf,
} from "./place-member.ts";

/** The members of a module or of one turn of a `repeat`, in order. Fns, modes and types are declared before. */
export function declareMembers(
  checker: Checker,
  env: Env,
  instance: Instance,
  members: readonly MemberSyntax[],
  fills: readonly Fill[],
): void {
  for (const member of members) {
    switch (member.kind) {
      case "axis":
        declareAxis(checker, env, instance, member);
        break;
      case "let":
        runLet(checker, env, member, "setting");
        break;
      case "use":
        declareUse(checker, env, instance, member, fills);
        break;
      case "slot":
        declareSlot(
          checker,
          env,
          instance,
          member,
          fills,
          conditionOf(checker, env, member.condition),
        );
        break;
      case "repeat":
        declareRepeat(checker, env, instance, member, fills);
        break;
      case "storage":
        declareStorage(checker, env, instance, member, conditionOf(checker, env, member.condition));
        break;
      default:
    }
  }
}

function declareAxis(checker: Checker, env: Env, instance: Instance, syntax: AxisDefSyntax): void {
  const made = defineAxis(checker, env, syntax);
  const name = syntax.name.text;
  const path = [instance.path, name].filter((text) => text !== "").join(".");
  let axes = made?.axes;
  if (made !== undefined) {
    const [only] = made.axes;
    const owned = made.isOwned && only !== undefined;
    const size = overrideAxis(
      checker,
      path,
      owned
        ? { kind: "owned", size: only.size }
        : { kind: "alias", target: () => textOf(syntax.axis.span) },
      syntax.span,
    );
    if (size === undefined) axes = undefined;
    else if (owned && size !== true && size !== only.size)
      axes = [checker.build.axis(name, size, syntax.name.span)];
  }
  const [only] = axes ?? [];
  if (axes?.length === 1 && only !== undefined && !checker.owners.has(only))
    checker.owners.set(only, { path: instance.path, name });
  if (axes !== undefined)
    instance.axes.set(name, {
      name,
      axes,
      isOwned: made?.isOwned ?? false,
      span: syntax.name.span,
    });
  declareMember(
    checker,
    env.scope,
    syntax.name,
    axes === undefined ? errorEntity : { kind: "axes", axes },
    "axis",
    `\`${instance.name}\``,
  );
}

/** In the generic check optional members are there. */
function conditionOf(checker: Checker, env: Env, condition: ExprSyntax | undefined): Absence {
  if (condition === undefined) return undefined;
  const entity = asOperand(checker, env, checker.evaluate(checker, env, condition), condition.span);
  if (entity?.kind === "error") return { kind: "error" };
  if (entity?.kind !== "static" || entity.value.type !== "bool") {
    const found = entity === undefined ? "no value" : describe(checker, env, entity);
    checker.sink.report("not-static", condition.span, { where: "a condition of a member", found });
    return { kind: "error" };
  }
  if (entity.value.value !== false || checker.known.sizes === "symbolic") return undefined;
  const written = textOf(condition.span);
  return {
    kind: "absent",
    why: `\`${written}\` is false`,
    condition: written,
    span: condition.span,
  };
}

function declareUse(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: UseSyntax,
  fills: readonly Fill[],
): void {
  const absence = conditionOf(checker, env, member.condition);
  for (const path of member.paths) {
    const steps = stepsOf(checker, env, path);
    const node = steps === undefined ? undefined : placeMember(checker, instance, path, steps);
    if (steps === undefined || node === undefined) continue;
    if (absence !== undefined) {
      node.content = absence;
      continue;
    }
    const below = fillsBelow(fills, instance, steps);
    const made = checker.makePart(checker, {
      part: member.part,
      env,
      path: memberPath(instance, steps),
      fills: below,
      inside: [],
      begun: (part) => placePart(node, part),
    });
    const taken = made === undefined ? undefined : pathTakenBy(made, node);
    if (taken?.span !== undefined) {
      checker.sink.report(
        "path-taken",
        path.span,
        { path: textOf(taken.span) },
        { related: [{ span: taken.span, text: "taken here" }] },
      );
    }
    if (made === undefined) node.content = { kind: "error" };
    else placePart(node, made);
  }
}

function declareRepeat(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: RepeatSyntax,
  fills: readonly Fill[],
): void {
  const bounds = [member.from, member.to].map((bound) => {
    const entity = asOperand(checker, env, checker.evaluate(checker, env, bound), bound.span);
    if (entity?.kind === "static" && entity.value.type === "int") return entity.value.value;
    const found = entity === undefined ? "no value" : describe(checker, env, entity);
    if (entity?.kind !== "error")
      checker.sink.report("not-static", bound.span, { where: "a bound of `repeat`", found });
    return undefined;
  });
  const [from, to] = bounds;
  if (from === undefined || to === undefined) return;
  const [first, last] = [checker.sizes.valueOf(from), checker.sizes.valueOf(to)];
  if (checker.known.sizes === "symbolic") {
    declareTurn(
      checker,
      env,
      instance,
      member,
      fills,
      checker.sizes.variable(member.variable.text, 0),
    );
    return;
  }
  if (first === undefined || last === undefined) return;
  const range = joinSpans(member.from.span, member.to.span);
  if (!mayUnroll(checker, range, Math.max(last - first, 0))) return;
  for (let turn = first; turn < last; turn++)
    declareTurn(checker, env, instance, member, fills, checker.sizes.constant(turn));
  if (last <= first) for (const one of member.members) declareNothing(checker, instance, one);
}

function declareTurn(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: RepeatSyntax,
  fills: readonly Fill[],
  turn: ReturnType<Checker["sizes"]["constant"]>,
): void {
  const scope = new Scope("turn", env.scope);
  declareInside(
    checker,
    scope,
    member.variable,
    { kind: "static", value: { type: "int", value: turn } },
    "counter",
  );
  declareMembers(checker, { ...env, scope }, instance, member.members, fills);
}

function declareNothing(context: Reporting, instance: Instance, member: MemberSyntax): void {
  if (member.kind === "use" || member.kind === "storage")
    for (const path of member.paths) placeEmptyList(context, instance, path);
  if (member.kind === "slot") placeEmptyList(context, instance, member.path);
}
