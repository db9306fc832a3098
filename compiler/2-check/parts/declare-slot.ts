import { nearestNames } from "../../diagnostics/suggest.ts";
import type { SlotSyntax } from "../../ir/syntax/syntax.ts";
import type { Checker, Fill, PartRequest } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import type { Env, Instance } from "../core/entity.ts";
import { type Absence, fillsBelow, leadsTo } from "../core/fills.ts";
import { checkFit, makePromise, type Promised } from "./interfaces.ts";
import { memberPath, placeMember, placePart, stepsOf } from "./place-member.ts";

/**
 * A replaceable part. In the generic check it is seen through its interface only, so that every part
 * that fits may stand there; an instance has the part itself.
 */
export function declareSlot(
  checker: Checker,
  env: Env,
  instance: Instance,
  member: SlotSyntax,
  fills: readonly Fill[],
  absence: Absence,
): void {
  const steps = stepsOf(checker, env, member.path);
  const node = steps === undefined ? undefined : placeMember(checker, instance, member.path, steps);
  if (steps === undefined || node === undefined) return;
  if (absence !== undefined) {
    node.content = absence;
    return;
  }
  node.content = { kind: "error" };
  const promised = promiseOf(checker, env, member);
  const fill = fills.find((one) => one.steps.length === steps.length && leadsTo(one, steps));
  const path = memberPath(instance, steps);
  const below = fillsBelow(fills, instance, steps);
  const isGeneric = checker.known.sizes === "symbolic";
  // Whoever only knows the interface sees no more of it while it is made, either.
  const begun = isGeneric ? undefined : (part: Instance) => placePart(node, part);
  const request: PartRequest =
    fill === undefined
      ? { part: member.part, env, path, fills: below, inside: [], begun }
      : {
          ...{ part: fill.part, env: fill.env, path, fills: below, begun },
          inside: [...fill.inside, instance],
        };
  const made = checker.makePart(checker, request);
  node.content = { kind: "error" };
  if (promised === undefined) return;
  if (made !== undefined && (isGeneric || fill !== undefined))
    checkFit(checker, env, promised, made, request.part);
  const seen = isGeneric ? makePromise(checker, env, promised, path) : made;
  if (seen !== undefined) placePart(node, seen);
}

function promiseOf(context: Reporting, env: Env, member: SlotSyntax): Promised | undefined {
  const name = member.interface;
  const entity = env.scope.find(name.text)?.entry.entity;
  if (entity?.kind === "item" && entity.item.syntax.kind === "interface") {
    return { syntax: entity.item.syntax, file: entity.item.file, slot: member };
  }
  if (entity?.kind === "error") return undefined;
  const names = env.scope.names(
    (entry) => entry.entity.kind === "item" && entry.entity.item.syntax.kind === "interface",
  );
  context.sink.report("unknown-name", name.span, {
    kind: "interface",
    name: name.text,
    nearest: nearestNames(name.text, names),
  });
  return undefined;
}
