import { nearestNames } from "../../diagnostics/suggest.ts";
import type { SelectorsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Reporting } from "../core/contexts.ts";
import type { Storage } from "../core/entity.ts";
import { parametersBelow } from "../variants/select-nodes.ts";
import { aboveZero, atLeastZero } from "../variants/value-range.ts";
import type { CheckedAdapter, CheckedGroup } from "./checked-stage.ts";
import { layerScales } from "./layer-scales.ts";
import { isWord, selectedNodes, selectorText, selectParameters } from "./select-parameters.ts";
import type { EntryOf, StagePlan } from "./stage-plans.ts";
import { numberOf, type PlanPlace } from "./stage-values.ts";

const trainSignature = "train S at lr e, layer_decay r";

/**
 * Who trains and who stays as it is. Each parameter belongs to the first line that selects it, so a line
 * below that gets nothing is a mistake. Which parameters the loss reaches is not asked here.
 */
export function checkGroups(
  place: PlanPlace,
  plan: StagePlan,
  adapters: readonly CheckedAdapter[],
): readonly CheckedGroup[] {
  const { checker, instance } = place;
  const claimed = new Map<Storage, Span>();
  const all = parametersBelow([...instance.root.names.values()]);
  const isAdapted = plan.entries.some((entry) => entry.kind === "adapt");
  const added = adapters.flatMap(({ parts }) =>
    parts.flatMap(({ root }) => parametersBelow([...root.names.values()])),
  );
  const groups: CheckedGroup[] = [];
  for (const entry of plan.entries) {
    if (entry.kind !== "train" && entry.kind !== "freeze") continue;
    const settings = entry.kind === "train" ? checkTrainSettings(place, entry) : undefined;
    const selected =
      entry.selectors === "everything else"
        ? all
        : selectGroup(place, entry.selectors, isAdapted ? added : undefined);
    if (selected === undefined) continue;
    const takesAdapters = adaptersIn(place, entry.selectors);
    const parameters = selected.filter((storage) => !claimed.has(storage));
    if (parameters.length === 0 && !takesAdapters) reportTaken(checker, entry, selected, claimed);
    for (const storage of parameters) claimed.set(storage, entry.span);
    const selector = selectorText(entry.selectors);
    const line = { selector, parameters, takesAdapters, span: entry.span };
    groups.push(
      settings === undefined
        ? { kind: "freeze", ...line }
        : { kind: "train", ...line, lr: settings.lr, scales: scalesOf(place, entry, settings) },
    );
  }
  const isTrained = plan.entries.some((entry) => entry.kind === "train");
  const isComplete = !plan.isBase && plan.entries.some((entry) => entry.kind === "loss");
  if (!isTrained && isComplete)
    checker.sink.report("nothing-trained", plan.span, { stage: plan.name });
  return groups;
}

/** By parameter; what is not in it is not scaled. */
function scalesOf(
  place: PlanPlace,
  { selectors }: EntryOf<"train" | "freeze">,
  { layerDecay }: { readonly layerDecay: number | undefined },
): ReadonlyMap<Storage, number> {
  if (layerDecay === undefined) return new Map();
  return layerScales(selectedNodes(place, selectors), place.instance.root, layerDecay);
}

/** The parameters of all selectors of a line; undefined where one of them is wrong, which is reported. */
function selectGroup(
  place: PlanPlace,
  selectors: readonly PathSyntax[],
  /** What adapters store; undefined where no line adds any. */
  added: readonly Storage[] | undefined,
): readonly Storage[] | undefined {
  const found: Storage[] = [];
  let isWhole = true;
  for (const path of selectors) {
    if (isWord(place, path, "adapters")) {
      found.push(...(added ?? []));
      if (added !== undefined) continue;
      place.checker.sink.report("idle-selector", path.span, {
        selector: "adapters",
        reason: "no line `adapt ... with ...` adds any",
      });
      isWhole = false;
      continue;
    }
    const parameters = selectParameters(place, path);
    // What a cell of an experiment lacks is no mistake: the others of the line are meant.
    if (parameters !== undefined) found.push(...parameters);
    else if (!place.checker.sink.ignores("idle-selector")) isWhole = false;
  }
  return isWhole ? found : undefined;
}

function adaptersIn(place: PlanPlace, selectors: SelectorsSyntax): boolean {
  return (
    selectors !== "everything else" && selectors.some((path) => isWord(place, path, "adapters"))
  );
}

function reportTaken(
  context: Reporting,
  entry: EntryOf<"train" | "freeze">,
  selected: readonly Storage[],
  claimed: ReadonlyMap<Storage, Span>,
): void {
  const [first] = selected;
  const taker = first === undefined ? undefined : claimed.get(first);
  const related =
    taker === undefined ? [] : [{ span: taker, text: `\`${first?.path}\` belongs to this line` }];
  const selector = selectorText(entry.selectors);
  context.sink.report(
    "idle-selector",
    entry.span,
    { selector, reason: "the lines above take all of it" },
    { related },
  );
}

function checkTrainSettings(
  place: PlanPlace,
  entry: EntryOf<"train">,
): { readonly lr: number | undefined; readonly layerDecay: number | undefined } {
  const { checker, env } = place;
  const known = ["lr", "layer_decay"];
  const seen = new Map<string, number | undefined>();
  for (const { name, value } of entry.settings) {
    if (!known.includes(name.text)) {
      checker.evaluate(checker, env, value);
      const nearest = nearestNames(name.text, known);
      checker.sink.report("unknown-argument", name.span, {
        callee: "`train`",
        name: name.text,
        nearest,
        signature: trainSignature,
      });
      continue;
    }
    if (seen.has(name.text))
      checker.sink.report("declared-twice", name.span, { name: name.text, where: "this line" });
    const range = name.text === "lr" ? atLeastZero : aboveZero;
    seen.set(
      name.text,
      numberOf(place, { entry: "train", name: name.text }, value, "float", range),
    );
  }
  if (!seen.has("lr") && entry.settings.every(({ name }) => known.includes(name.text))) {
    checker.sink.report("missing-argument", entry.span, {
      callee: "`train`",
      name: "lr",
      signature: trainSignature,
    });
  }
  return { lr: seen.get("lr"), layerDecay: seen.get("layer_decay") };
}
