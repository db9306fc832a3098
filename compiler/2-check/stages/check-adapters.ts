import { nearestNames } from "../../diagnostics/suggest.ts";
import { textOf } from "../core/describe.ts";
import type { Instance } from "../core/entity.ts";
import { checkArguments, type KnownParameter } from "../variants/check-arguments.ts";
import { absenceOf, partsBelow, selectNodes } from "../variants/select-nodes.ts";
import type { CheckedAdapter } from "./checked-stage.ts";
import { type EntryOf, entriesOf, type StagePlan } from "./stage-plans.ts";
import type { PlanPlace } from "./stage-values.ts";

const adapters: Readonly<Record<string, readonly KnownParameter[]>> = {
  lora: [
    { name: "rank", type: "int" },
    { name: "alpha", type: "float" },
    { name: "dropout", type: "float", isOptional: true },
  ],
};

/** `adapt S with lora(...)`: which `Linear` parts get an adapter, and its settings. */
export function checkAdapters(place: PlanPlace, plan: StagePlan): readonly CheckedAdapter[] {
  return entriesOf(plan, "adapt").map((entry) => checkAdapt(place, entry));
}

function checkAdapt(place: PlanPlace, entry: EntryOf<"adapt">): CheckedAdapter {
  const { checker, env, instance } = place;
  const { method } = entry;
  const parameters = adapters[method.text];
  if (parameters === undefined) {
    const nearest = nearestNames(method.text, Object.keys(adapters));
    checker.sink.report("unknown-name", method.span, {
      kind: "adapter",
      name: method.text,
      nearest,
    });
  }
  const args =
    parameters === undefined
      ? new Map()
      : checkArguments(checker, env, method.text, parameters, entry.args, entry.span);
  const targets = new Set<Instance>();
  for (const path of entry.selectors) {
    const nodes = selectNodes(checker, env, instance, path);
    if (nodes === undefined || nodes.some((node) => node.content?.kind === "error")) continue;
    const found = partsBelow(nodes).filter((part) => part.name === "Linear");
    for (const part of found) targets.add(part);
    if (found.length > 0) continue;
    checker.sink.report("idle-selector", path.span, {
      selector: textOf(path.span),
      reason: absenceOf(nodes) ?? "there is no `Linear` in it",
    });
  }
  return { method: method.text, args, targets: [...targets], span: entry.span };
}
