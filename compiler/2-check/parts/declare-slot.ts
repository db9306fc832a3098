import { nearestNames } from "../../diagnostics/suggest.ts";
import type { SlotSyntax } from "../../ir/syntax/syntax.ts";
import type { Elaboration, Fill, PartRequest } from "../core/elaboration.ts";
import { type Absence, fillsBelow, leadsTo } from "../core/fills.ts";
import type { Env, Instance } from "../core/meaning.ts";
import { checkFit, makePromise, type Promised } from "./interfaces.ts";
import { memberPath, placeMember, stepsOf } from "./place-member.ts";

/**
 * A replaceable part. In the generic check it is seen through its interface only, so that every part
 * that fits may stand there; an instance has the part itself.
 */
export function declareSlot(
  on: Elaboration,
  env: Env,
  instance: Instance,
  member: SlotSyntax,
  fills: readonly Fill[],
  absence: Absence,
): void {
  const steps = stepsOf(on, env, member.path);
  const node = steps === undefined ? undefined : placeMember(on, instance, member.path, steps);
  if (steps === undefined || node === undefined) return;
  if (absence !== undefined) {
    node.content = absence;
    return;
  }
  node.content = { kind: "error" };
  const promised = promiseOf(on, env, member);
  const fill = fills.find((one) => one.steps.length === steps.length && leadsTo(one, steps));
  const path = memberPath(instance, steps);
  const below = fillsBelow(fills, instance, steps);
  const request: PartRequest =
    fill === undefined
      ? { part: member.part, env, path, fills: below, inside: [] }
      : { part: fill.part, env: fill.env, path, fills: below, inside: [...fill.inside, instance] };
  const made = on.makePart(on, request);
  if (promised === undefined) return;
  const isGeneric = on.known.sizes === "symbolic";
  if (made !== undefined && (isGeneric || fill !== undefined))
    checkFit(on, env, promised, made, request.part);
  const seen = isGeneric ? makePromise(on, env, promised, path) : made;
  if (seen !== undefined) node.content = { kind: "part", instance: seen };
}

function promiseOf(on: Elaboration, env: Env, member: SlotSyntax): Promised | undefined {
  const name = member.interface;
  const meaning = env.scope.find(name.text)?.entry.meaning;
  if (meaning?.kind === "item" && meaning.item.syntax.kind === "interface") {
    return { syntax: meaning.item.syntax, file: meaning.item.file, slot: member };
  }
  if (meaning?.kind === "error") return undefined;
  const names = env.scope.names(
    (entry) => entry.meaning.kind === "item" && entry.meaning.item.syntax.kind === "interface",
  );
  on.sink.report("unknown-name", name.span, {
    kind: "interface",
    name: name.text,
    nearest: nearestNames(name.text, names),
  });
  return undefined;
}
