import { nearestNames } from "../../diagnostics/suggest.ts";
import type { EntrySyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { StaticType } from "../core/meaning.ts";
import { coerceStatic } from "../values/coerce.ts";
import { type SelectorPlace, selectParameters } from "./check-groups.ts";
import type { PhaseSyntax } from "./stage-plans.ts";

const roles = ["compute", "master", "accumulate"];
const floats = ["f32", "f16", "bf16"];
const units = ["B", "KiB", "MiB", "GiB", "TiB"];
const lengths = ["steps", "samples", "epochs"];
const settings = { start: "string", steps: "int", epochs: "float", clip: "float" } as const;

/** Lengths, batches, bytes, precision: entries that are values alone. The schedule is checked elsewhere. */
export function checkPolicy(place: SelectorPlace, entry: EntrySyntax): void {
  switch (entry.kind) {
    case "setting":
      if (entry.name !== "schedule")
        checkStatic(place, entry.name, "", entry.value, settings[entry.name]);
      return;
    case "batch":
      checkStatic(place, "batch", "", entry.size, "int");
      if (entry.by !== undefined) checkStatic(place, "batch", "by", entry.by, "int");
      return;
    case "memory":
      checkStatic(place, "memory", "within", entry.amount, "float");
      checkWord(place, "unit", entry.unit, units);
      return;
    case "decay":
      checkStatic(place, "decay", "", entry.value, "float");
      for (const path of entry.except) selectParameters(place, path);
      return;
    case "precision":
      checkPrecision(place, entry);
      return;
    default:
  }
}

/** `phase p until samples 1e9`. */
export function checkPhaseLength(place: SelectorPlace, phase: PhaseSyntax): void {
  checkWord(place, "unit", phase.unit, lengths);
  checkStatic(
    place,
    `phase ${phase.name.text}`,
    "until",
    phase.amount,
    phase.unit.text === "steps" ? "int" : "float",
  );
}

function checkPrecision(
  place: SelectorPlace,
  entry: Extract<EntrySyntax, { kind: "precision" }>,
): void {
  const seen = new Set<string>();
  for (const { role, type } of entry.roles) {
    checkWord(place, "role", role, roles);
    checkWord(place, "element type", type, floats);
    if (seen.has(role.text))
      place.on.sink.report("declared-twice", role.span, { name: role.text, where: "this line" });
    seen.add(role.text);
  }
  for (const path of entry.selectors) selectParameters(place, path);
}

function checkWord(
  { on }: SelectorPlace,
  kind: string,
  word: { readonly text: string; readonly span: PhaseSyntax["span"] },
  known: readonly string[],
): void {
  if (known.includes(word.text)) return;
  const hint = `it is one of ${known.map((name) => `\`${name}\``).join(", ")}`;
  const nearest = nearestNames(word.text, known);
  on.sink.report(
    "unknown-name",
    word.span,
    { kind, name: word.text, nearest },
    nearest.length === 0 ? { hint } : {},
  );
}

function checkStatic(
  { on, env }: SelectorPlace,
  callee: string,
  name: string,
  expr: ExprSyntax,
  type: StaticType,
): void {
  const place = { callee: `\`${callee}\``, name: name === "" ? "the value" : name };
  coerceStatic(on, env, on.evaluate(on, env, expr), type, place, expr.span);
}
