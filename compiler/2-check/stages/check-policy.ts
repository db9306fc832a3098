import type { CheckedPolicy, PrecisionRoles } from "./checked-stage.ts";
import { selectParameters } from "./select-parameters.ts";
import { type EntryOf, entriesOf, type StagePlan } from "./stage-plans.ts";
import { numberOf, type PlanPlace, stringOf, wordOf } from "./stage-values.ts";

const roleNames = ["compute", "master", "accumulate"] as const;
const floats = ["f32", "f16", "bf16"] as const;
const lengths = ["steps", "samples", "epochs"] as const;
const units = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Lengths, batches, bytes, precision: entries that are values alone. */
export function checkPolicy(place: PlanPlace, plan: StagePlan): CheckedPolicy {
  const numbers = new Map<string, number | undefined>();
  let start: string | undefined;
  for (const { name, value } of entriesOf(plan, "setting")) {
    if (name === "start") start = stringOf(place, { entry: name }, value);
    else if (name !== "schedule")
      numbers.set(
        name,
        numberOf(place, { entry: name }, value, name === "steps" ? "int" : "float"),
      );
  }
  const precisions = entriesOf(plan, "precision").map((entry) => checkPrecision(place, entry));
  const whole = precisions.find(({ parameters }) => parameters === undefined);
  return {
    batch: entriesOf(plan, "batch").map((entry) => checkBatch(place, entry))[0],
    length: checkLength(place, plan, numbers),
    decay: entriesOf(plan, "decay").map((entry) => checkDecay(place, entry))[0],
    precision: whole?.roles ?? {},
    precisionOf: precisions.flatMap(({ roles, parameters }) =>
      parameters === undefined ? [] : [{ roles, parameters }],
    ),
    clip: numbers.get("clip"),
    memory: entriesOf(plan, "memory").map((entry) => checkMemory(place, entry))[0],
    start,
    data: entriesOf(plan, "data")[0]?.name.text,
  };
}

function checkBatch(place: PlanPlace, { size, by }: EntryOf<"batch">): CheckedPolicy["batch"] {
  const total = numberOf(place, { entry: "batch" }, size, "int");
  const piece =
    by === undefined ? total : numberOf(place, { entry: "batch", name: "by" }, by, "int");
  return total === undefined || piece === undefined ? undefined : { total, piece };
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
    const amount = numberOf(place, whose, phase.amount, unit === "steps" ? "int" : "float");
    return unit === undefined || amount === undefined ? undefined : { unit, amount };
  }
  for (const unit of ["steps", "epochs"] as const) {
    const amount = numbers.get(unit);
    if (amount !== undefined) return { unit, amount };
  }
  return undefined;
}

function checkMemory(place: PlanPlace, entry: EntryOf<"memory">): number | undefined {
  const amount = numberOf(place, { entry: "memory", name: "within" }, entry.amount, "float");
  const unit = wordOf(place, "unit", entry.unit, units);
  if (amount === undefined || unit === undefined) return undefined;
  return Math.floor(amount * 1024 ** units.indexOf(unit));
}

function checkDecay(place: PlanPlace, entry: EntryOf<"decay">): CheckedPolicy["decay"] {
  const rate = numberOf(place, { entry: "decay" }, entry.value, "float");
  const except = entry.except.flatMap((path) => selectParameters(place, path) ?? []);
  return rate === undefined ? undefined : { rate, except };
}

function checkPrecision(
  place: PlanPlace,
  entry: EntryOf<"precision">,
): {
  readonly roles: PrecisionRoles;
  readonly parameters: CheckedPolicy["precisionOf"][number]["parameters"] | undefined;
} {
  const roles: { -readonly [R in keyof PrecisionRoles]: PrecisionRoles[R] } = {};
  const seen = new Set<string>();
  for (const { role, type } of entry.roles) {
    const name = wordOf(place, "role", role, roleNames);
    const element = wordOf(place, "element type", type, floats);
    if (seen.has(role.text))
      place.checker.sink.report("declared-twice", role.span, {
        name: role.text,
        where: "this line",
      });
    seen.add(role.text);
    if (name !== undefined && element !== undefined) roles[name] = element;
  }
  const found = entry.selectors.flatMap((path) => selectParameters(place, path) ?? []);
  return { roles, parameters: entry.selectors.length === 0 ? undefined : found };
}
