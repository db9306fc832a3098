import { nearestNames } from "../../diagnostics/suggest.ts";
import { textOf } from "../core/describe.ts";
import type { Instance, LoadedFile } from "../core/entity.ts";
import { checkArguments, type KnownParameter } from "../variants/check-arguments.ts";
import { absenceOf, partsBelow, selectNodes } from "../variants/select-nodes.ts";
import { atLeastOne, belowOne } from "../variants/value-range.ts";
import type { CheckedAdapter } from "./checked-stage.ts";
import { makeAdapter } from "./make-adapter.ts";
import { type EntryOf, entriesOf, type StagePlan } from "./stage-plans.ts";
import type { PlanPlace } from "./stage-values.ts";

const adapters: Readonly<Record<string, readonly KnownParameter[]>> = {
  lora: [
    { name: "rank", type: "int", range: atLeastOne },
    { name: "alpha", type: "float" },
    { name: "dropout", type: "float", isOptional: true, range: belowOne },
  ],
};

/**
 * `adapt S with lora(...)`: puts an adapter beside each `Linear` part that is selected, in the model of the plan
 * itself. A part gets one from the first line that selects it.
 */
export function checkAdapters(
  place: PlanPlace,
  plan: StagePlan,
  files: readonly LoadedFile[],
): readonly CheckedAdapter[] {
  const file = files.find(({ items }) => items.has("Lora"));
  const lines = entriesOf(plan, "adapt").map((entry) => checkAdapt(place, entry));
  return lines.map(({ isWhole, ...line }) => {
    const { targets, args, span } = line;
    const open = targets.filter((target) => !place.checker.adapters.has(target));
    const parts =
      isWhole && file !== undefined
        ? open.flatMap((target) => makeAdapter(place.checker, target, { file, args, span }) ?? [])
        : [];
    return { ...line, targets: open, parts };
  });
}

/** A line as it is written; `isWhole` where it knows all that an adapter needs. */
function checkAdapt(
  place: PlanPlace,
  entry: EntryOf<"adapt">,
): Omit<CheckedAdapter, "parts"> & { readonly isWhole: boolean } {
  const { checker, env, instance } = place;
  const before = checker.sink.errorCount;
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
    const found = partsBelow(nodes).filter(isLinear);
    for (const part of found) targets.add(part);
    if (found.length > 0) continue;
    checker.sink.report("idle-selector", path.span, {
      selector: textOf(path.span),
      reason: absenceOf(nodes) ?? "there is no `Linear` in it",
    });
  }
  const isWhole = checker.sink.errorCount === before;
  return { method: method.text, args, targets: [...targets], span: entry.span, isWhole };
}

/** A `Linear` by its name and its two axes, whoever wrote it. */
function isLinear({ name, scope, fns }: Instance): boolean {
  const isAxis = (axis: string): boolean => scope.find(axis)?.entry.entity.kind === "axes";
  return name === "Linear" && isAxis("In") && isAxis("Out") && fns.has("forward");
}
