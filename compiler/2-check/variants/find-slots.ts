import { nearestNames } from "../../diagnostics/suggest.ts";
import type { MemberSyntax, PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import type { Instance, MemberNode } from "../core/entity.ts";
import { joinSteps } from "./read-overrides.ts";

interface SlotPlace {
  /** Indices of lists are `*`. */
  readonly pattern: readonly string[];
  /** A condition leaves it out of this instance. */
  readonly isAbsent: boolean;
}

/** Reports a `replace` whose path leads to no slot. */
export function checkReplaced(
  context: Reporting,
  instance: Instance,
  steps: readonly string[],
  span: Span,
): void {
  const slots = slotsOf(instance);
  const found = slots.filter((slot) => leadsTo(steps, slot.pattern));
  const path = joinSteps(steps);
  if (found.length === 0) {
    const nearest = nearestNames(
      path,
      slots.map((slot) => slot.pattern.join(".").replaceAll(".*", "[*]")),
    );
    context.sink.report("unknown-override", span, { path, nearest });
  } else if (found.every((slot) => slot.isAbsent)) {
    const params = { path, part: path, why: undefined, condition: undefined };
    context.sink.report("override-in-absent-part", span, params);
  }
}

function leadsTo(steps: readonly string[], pattern: readonly string[]): boolean {
  return (
    steps.length === pattern.length &&
    pattern.every(
      (wanted, n) =>
        wanted === steps[n] || steps[n] === "*" || (wanted === "*" && /^\d+$/.test(steps[n] ?? "")),
    )
  );
}

/** Every slot of the model, those of its parts included. */
function slotsOf(instance: Instance): readonly SlotPlace[] {
  const found = new Map<string, SlotPlace>();
  const visitPart = (part: Instance, before: readonly string[]): void => {
    const slots =
      part.syntax.kind === "module" ? slotPatterns(part.syntax.members) : new Set<string>();
    for (const [name, node] of part.root.names) visitNode(node, [name], before, slots);
  };
  const visitNode = (
    node: MemberNode,
    here: readonly string[],
    before: readonly string[],
    slots: ReadonlySet<string>,
  ): void => {
    const pattern = [...before, ...here];
    const { content } = node;
    if (slots.has(here.join(".")) && content !== undefined) {
      const key = pattern.join(".");
      const isAbsent = content.kind === "absent" && found.get(key)?.isAbsent !== false;
      found.set(key, { pattern, isAbsent });
    }
    if (content?.kind === "part") visitPart(content.instance, pattern);
    for (const [name, child] of node.names) visitNode(child, [...here, name], before, slots);
    for (const child of node.elements.values()) visitNode(child, [...here, "*"], before, slots);
  };
  visitPart(instance, []);
  return [...found.values()];
}

function slotPatterns(members: readonly MemberSyntax[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const member of members) {
    if (member.kind === "slot") found.add(patternOf(member.path));
    if (member.kind === "repeat")
      for (const inner of slotPatterns(member.members)) found.add(inner);
  }
  return found;
}

function patternOf(path: PathSyntax): string {
  return [
    path.head.text,
    ...path.steps.map((step) => (step.kind === "name" ? step.name.text : "*")),
  ].join(".");
}
