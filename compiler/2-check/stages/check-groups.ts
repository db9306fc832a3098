import { nearestNames } from "../../diagnostics/suggest.ts";
import type { EntrySyntax, SelectorsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { PathSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { textOf } from "../core/describe.ts";
import type { Elaboration } from "../core/elaboration.ts";
import type { Env, Instance, Storage } from "../core/meaning.ts";
import { coerceStatic } from "../values/coerce.ts";
import { checkArguments, type KnownParameter } from "../variants/check-arguments.ts";
import { absenceOf, parametersBelow, partsBelow, selectNodes } from "../variants/select-nodes.ts";
import type { StagePlan } from "./stage-plans.ts";

type EntryOf<K extends EntrySyntax["kind"]> = Extract<EntrySyntax, { kind: K }>;

/** Where selectors of a stage are looked up: names of the model and its parts as they are. */
export interface SelectorPlace {
  readonly on: Elaboration;
  readonly env: Env;
  readonly instance: Instance;
}

const trainSignature = "train S at lr e, layer_decay r";
const adapters: Readonly<Record<string, readonly KnownParameter[]>> = {
  lora: [
    { name: "rank", type: "int" },
    { name: "alpha", type: "float" },
  ],
};

/**
 * Who trains and who stays as it is. Each parameter belongs to the first line that selects it, so a line
 * below that gets nothing is a mistake. Which parameters the loss reaches is not asked here.
 */
export function checkGroups(place: SelectorPlace, plan: StagePlan): void {
  const { on, instance } = place;
  const claimed = new Map<Storage, Span>();
  const all = parametersBelow([...instance.root.names.values()]);
  const adapted = plan.entries.some((entry) => entry.kind === "adapt");
  let isTrained = false;
  for (const entry of plan.entries) {
    if (entry.kind === "adapt") checkAdapt(place, entry);
    if (entry.kind === "train") {
      isTrained = true;
      checkTrainSettings(place, entry);
    }
    if (entry.kind !== "train" && entry.kind !== "freeze") continue;
    const selected =
      entry.selectors === "everything else" ? all : selectGroup(place, entry.selectors, adapted);
    if (selected === undefined) continue;
    const free = selected.filter((storage) => !claimed.has(storage));
    if (free.length === 0 && !takesAdapters(place, entry.selectors))
      reportTaken(on, entry, selected, claimed);
    for (const storage of free) claimed.set(storage, entry.span);
  }
  const isComplete = !plan.isBase && plan.entries.some((entry) => entry.kind === "loss");
  if (!isTrained && isComplete) on.sink.report("nothing-trained", plan.span, { stage: plan.name });
}

/** The parameters of all selectors of a line; undefined where one of them is wrong, which is reported. */
function selectGroup(
  place: SelectorPlace,
  selectors: readonly PathSyntax[],
  adapted: boolean,
): readonly Storage[] | undefined {
  const found: Storage[] = [];
  let isWhole = true;
  for (const path of selectors) {
    if (isWord(place, path, "adapters")) {
      if (adapted) continue;
      place.on.sink.report("idle-selector", path.span, {
        selector: "adapters",
        reason: "no line `adapt ... with ...` adds any",
      });
      isWhole = false;
      continue;
    }
    const parameters = selectParameters(place, path);
    if (parameters === undefined) isWhole = false;
    else found.push(...parameters);
  }
  return isWhole ? found : undefined;
}

/** What one selector names: a subtree, or `vectors` or `scalars` of the whole model. */
export function selectParameters(
  place: SelectorPlace,
  path: PathSyntax,
): readonly Storage[] | undefined {
  const { on, env, instance } = place;
  const rank = isWord(place, path, "vectors") ? 1 : isWord(place, path, "scalars") ? 0 : undefined;
  const nodes =
    rank === undefined ? selectNodes(on, env, instance, path) : [...instance.root.names.values()];
  if (nodes === undefined) return undefined;
  const found = parametersBelow(nodes).filter(
    (storage) => rank === undefined || storage.dimensions.length === rank,
  );
  if (found.length > 0 || nodes.some((node) => node.content?.kind === "error")) return found;
  const reason =
    absenceOf(nodes) ?? (rank === undefined ? "there is no parameter in it" : "the model has none");
  on.sink.report("idle-selector", path.span, { selector: textOf(path.span), reason });
  return undefined;
}

/** `adapters`, `vectors` and `scalars` are words of a stage, unless the model has a part of that name. */
function isWord({ instance }: SelectorPlace, path: PathSyntax, word: string): boolean {
  return path.head.text === word && path.steps.length === 0 && !instance.root.names.has(word);
}

function takesAdapters(place: SelectorPlace, selectors: SelectorsSyntax): boolean {
  return (
    selectors !== "everything else" && selectors.some((path) => isWord(place, path, "adapters"))
  );
}

function reportTaken(
  on: Elaboration,
  entry: EntryOf<"train" | "freeze">,
  selected: readonly Storage[],
  claimed: ReadonlyMap<Storage, Span>,
): void {
  const [first] = selected;
  const taker = first === undefined ? undefined : claimed.get(first);
  const related =
    taker === undefined ? [] : [{ span: taker, text: `\`${first?.path}\` belongs to this line` }];
  const selector =
    entry.selectors === "everything else"
      ? entry.selectors
      : entry.selectors.map((path) => textOf(path.span)).join(", ");
  on.sink.report(
    "idle-selector",
    entry.span,
    { selector, reason: "the lines above take all of it" },
    { related },
  );
}

function checkTrainSettings({ on, env }: SelectorPlace, entry: EntryOf<"train">): void {
  const known = ["lr", "layer_decay"];
  const seen = new Set<string>();
  for (const { name, value } of entry.settings) {
    const meaning = on.evaluate(on, env, value);
    if (!known.includes(name.text)) {
      const nearest = nearestNames(name.text, known);
      on.sink.report("unknown-argument", name.span, {
        callee: "`train`",
        name: name.text,
        nearest,
        signature: trainSignature,
      });
      continue;
    }
    if (seen.has(name.text))
      on.sink.report("declared-twice", name.span, { name: name.text, where: "this line" });
    seen.add(name.text);
    coerceStatic(on, env, meaning, "float", { callee: "`train`", name: name.text }, value.span);
  }
  if (!seen.has("lr") && entry.settings.every(({ name }) => known.includes(name.text))) {
    on.sink.report("missing-argument", entry.span, {
      callee: "`train`",
      name: "lr",
      signature: trainSignature,
    });
  }
}

function checkAdapt(place: SelectorPlace, entry: EntryOf<"adapt">): void {
  const { on, env, instance } = place;
  const { method } = entry;
  const parameters = adapters[method.text];
  if (parameters === undefined) {
    const nearest = nearestNames(method.text, Object.keys(adapters));
    on.sink.report("unknown-name", method.span, { kind: "adapter", name: method.text, nearest });
  } else checkArguments(on, env, method.text, parameters, entry.args, entry.span);
  for (const path of entry.selectors) {
    const nodes = selectNodes(on, env, instance, path);
    if (nodes === undefined || nodes.some((node) => node.content?.kind === "error")) continue;
    if (partsBelow(nodes).some((part) => part.name === "Linear")) continue;
    on.sink.report("idle-selector", path.span, {
      selector: textOf(path.span),
      reason: absenceOf(nodes) ?? "there is no `Linear` in it",
    });
  }
}
