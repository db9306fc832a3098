import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import {
  aboveZero,
  atLeastOne,
  atLeastZero,
  belowOne,
  type ValueRange,
} from "../variants/value-range.ts";
import type { CheckedPolicy, PrecisionRoles } from "./checked-stage.ts";
import { selectedPaths, selectParameters, selectParts } from "./select-parameters.ts";
import { type EntryOf, entriesOf, type StagePlan } from "./stage-plans.ts";
import { numberOf, type PlanPlace, stringOf, wordOf } from "./stage-values.ts";

/** What each role may be: what is summed, and what is updated, would lose what small steps add. */
const floatsOf = { compute: ["f32", "f16", "bf16"], master: ["f32"], accumulate: ["f32"] } as const;
const roleNames = ["compute", "master", "accumulate"] as const;
const lengths = ["steps", "samples", "epochs"] as const;
const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Lengths, batches, bytes, precision: entries that are values alone. `steps` go before the plan's own length. */
export function checkPolicy(
  place: PlanPlace,
  plan: StagePlan,
  steps: number | undefined,
): CheckedPolicy {
  const numbers = new Map<string, number | undefined>();
  for (const { name, value } of entriesOf(plan, "setting"))
    if (name !== "schedule") numbers.set(name, settingOf(place, name, value));
  const precisions = entriesOf(plan, "precision").map((entry) => checkPrecision(place, entry));
  const decays = entriesOf(plan, "decay").map((entry) => checkDecay(place, entry));
  const whole = precisions.find(({ paths }) => paths === undefined);
  return {
    batch: entriesOf(plan, "batch").map((entry) => checkBatch(place, plan, entry))[0],
    length:
      steps === undefined ? checkLength(place, plan, numbers) : { unit: "steps", amount: steps },
    decay: decays.flatMap(({ decay }) => decay ?? [])[0],
    decayOf: decays.flatMap(({ decayOf }) => decayOf ?? []),
    precision: whole?.roles ?? {},
    precisionOf: precisions.flatMap(({ roles, paths }) =>
      paths === undefined ? [] : [{ roles, paths }],
    ),
    clip: numbers.get("clip"),
    ema: numbers.get("ema"),
    memory: entriesOf(plan, "memory").map((entry) => checkMemory(place, entry))[0],
    starts: entriesOf(plan, "start").flatMap((entry) => checkStart(place, entry)),
    data: entriesOf(plan, "data").flatMap((entry) => checkData(place, entry)),
  };
}

type SettingName = Exclude<EntryOf<"setting">["name"], "schedule">;

/** What a setting may be, and whether it is a whole number. */
const settings: Readonly<Record<SettingName, readonly ["int" | "float", ValueRange]>> = {
  steps: ["int", atLeastOne],
  epochs: ["float", aboveZero],
  clip: ["float", aboveZero],
  ema: ["float", belowOne],
};

function settingOf(place: PlanPlace, name: SettingName, value: ExprSyntax): number | undefined {
  const [type, range] = settings[name];
  return numberOf(place, { entry: name }, value, type, range);
}

function checkBatch(
  place: PlanPlace,
  plan: StagePlan,
  { size, by }: EntryOf<"batch">,
): CheckedPolicy["batch"] {
  const total = numberOf(place, { entry: "batch" }, size, "int", atLeastOne);
  const piece =
    by === undefined
      ? total
      : numberOf(place, { entry: "batch", name: "by" }, by, "int", atLeastZero);
  if (total === undefined || piece === undefined) return undefined;
  if (by !== undefined && (piece < 1 || total % piece !== 0)) {
    const reason = `${total} samples are no whole number of pieces of ${piece}`;
    place.checker.sink.report(
      "batch-not-split",
      by.span,
      { stage: plan.name, reason },
      {
        hint: "take pieces of a size that divides the batch",
      },
    );
    return undefined;
  }
  return { total, piece };
}

/** A phase says how long it is in its first line; a stage without phases by `steps` or `epochs`. */
function checkLength(
  place: PlanPlace,
  { phase }: StagePlan,
  numbers: ReadonlyMap<string, number | undefined>,
): CheckedPolicy["length"] {
  if (phase !== undefined) {
    const unit = wordOf(place, "unit", phase.unit, lengths);
    const whose = { entry: `phase ${phase.name.text}`, name: "until" };
    const type = unit === "steps" ? "int" : "float";
    const amount = numberOf(place, whose, phase.amount, type, aboveZero);
    return unit === undefined || amount === undefined ? undefined : { unit, amount };
  }
  for (const unit of ["steps", "epochs"] as const) {
    const amount = numbers.get(unit);
    if (amount !== undefined) return { unit, amount };
  }
  return undefined;
}

function checkMemory(place: PlanPlace, entry: EntryOf<"memory">): number | undefined {
  const amount = numberOf(
    place,
    { entry: "memory", name: "within" },
    entry.amount,
    "float",
    aboveZero,
  );
  const unit = wordOf(place, "unit", entry.unit, units);
  if (amount === undefined || unit === undefined) return undefined;
  return Math.floor(amount * 1024 ** units.indexOf(unit));
}

/** `decay e except S` is about all parameters, `decay e for S` about some. */
function checkDecay(
  place: PlanPlace,
  entry: EntryOf<"decay">,
): Partial<Pick<CheckedPolicy, "decay"> & { readonly decayOf: CheckedPolicy["decayOf"] }> {
  const rate = numberOf(place, { entry: "decay" }, entry.value, "float", atLeastZero);
  const found = entry.selectors.flatMap((path) => selectParameters(place, path) ?? []);
  const except = entry.except.flatMap((path) => selectParameters(place, path) ?? []);
  if (rate === undefined) return {};
  if (entry.selectors.length === 0) return { decay: { rate, except } };
  const parameters = found.filter((storage) => !except.includes(storage));
  return { decayOf: [{ rate, parameters }] };
}

/** A file for the whole model, or for each of some parts of it: its keys are then called as if the part were a model. */
function checkStart(place: PlanPlace, entry: EntryOf<"start">): CheckedPolicy["starts"] {
  const path = stringOf(place, { entry: "start" }, entry.value);
  const parts = entry.selectors.flatMap((selector) => selectParts(place, selector));
  if (path === undefined) return [];
  return entry.selectors.length === 0
    ? [{ path, part: "" }]
    : parts.map((part) => ({ path, part: part.path }));
}

export function checkData(place: PlanPlace, { sets }: EntryOf<"data">): CheckedPolicy["data"] {
  return sets.map(({ name, weight }) => {
    const whose = { entry: "data", name: "weight" };
    const share = weight === undefined ? 1 : numberOf(place, whose, weight, "float", aboveZero);
    return { name: name.text, weight: share ?? 1 };
  });
}

function checkPrecision(
  place: PlanPlace,
  entry: EntryOf<"precision">,
): {
  readonly roles: PrecisionRoles;
  /** Undefined where the line is about all. */
  readonly paths: readonly string[] | undefined;
} {
  const roles: { -readonly [R in keyof PrecisionRoles]: PrecisionRoles[R] } = {};
  const seen = new Set<string>();
  for (const { role, type } of entry.roles) {
    const name = wordOf(place, "role", role, roleNames);
    if (seen.has(role.text))
      place.checker.sink.report("declared-twice", role.span, {
        name: role.text,
        where: "this line",
      });
    seen.add(role.text);
    if (name === "compute") roles.compute = wordOf(place, "element type", type, floatsOf.compute);
    else if (name !== undefined) roles[name] = wordOf(place, "element type", type, floatsOf[name]);
  }
  const paths = entry.selectors.flatMap((path) => selectedPaths(place, path));
  return { roles, paths: entry.selectors.length === 0 ? undefined : paths };
}
