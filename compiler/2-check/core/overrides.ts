import type { ReportOptions } from "../../diagnostics/sink.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Size } from "../../dims/size.ts";
import type { Span } from "../../source/source-file.ts";
import type { AbsentPart } from "./absent-parts.ts";
import { describe, describeSize } from "./describe.ts";
import type { Elaboration } from "./elaboration.ts";
import { type Env, errorMeaning, type Meaning, type StaticType } from "./meaning.ts";

/** `--set path=value`, or an entry of a `config` block. A `*` in the path stands for any one name. */
export interface ModelOverride {
  readonly path: string;
  readonly value: number | boolean | string;
  /** May repeat what is there already: a configuration file often does. */
  readonly mayBeIdle?: boolean;
  /** Where it was written; without one, what it is for is shown. */
  readonly span?: Span;
}

/** The overrides of one elaboration, with a note of which of them have found something. */
export class OverrideTable {
  readonly #overrides: readonly ModelOverride[];
  readonly #fallback: Span;
  readonly #used = new Set<ModelOverride>();
  /** Every path that could have been meant. */
  readonly #offered = new Set<string>();

  constructor(overrides: readonly ModelOverride[], fallback: Span) {
    this.#overrides = overrides;
    this.#fallback = fallback;
  }

  /** The last override of this path, which wins. */
  take(path: string): ModelOverride | undefined {
    this.#offered.add(path);
    const found = this.#overrides.filter((one) => matches(one.path, path));
    for (const one of found) this.#used.add(one);
    return found.at(-1);
  }

  reportUnused(on: Elaboration, absent: readonly AbsentPart[]): void {
    for (const one of this.#overrides) {
      if (this.#used.has(one)) continue;
      const part = absent.find(({ path }) => isBelow(one.path, path));
      const span = one.span ?? part?.absence.span ?? this.#fallback;
      if (part !== undefined) {
        const { why, condition, span: place } = part.absence;
        const params = { path: one.path, part: part.path, why, condition };
        const related = [{ span: place, text: "it is there only if this holds" }];
        on.sink.report("override-in-absent-part", span, params, {
          related: one.span === undefined ? [] : related,
        });
      } else
        on.sink.report("unknown-override", span, {
          path: one.path,
          nearest: nearestNames(one.path, this.#offered),
        });
    }
  }
}

function matches(pattern: string, path: string): boolean {
  if (pattern === path) return true;
  const [wanted, found] = [normalise(pattern).split("."), path.split(".")];
  return (
    wanted.length === found.length && wanted.every((step, n) => step === "*" || step === found[n])
  );
}

/** Whether a path, which may have patterns, leads into the part at `part`. */
function isBelow(path: string, part: string): boolean {
  const [wanted, found] = [normalise(path).split("."), part.split(".")];
  return (
    wanted.length > found.length &&
    found.every((step, n) => wanted[n] === "*" || wanted[n] === step)
  );
}

/** `layers[3]` and `layers[*]` are `layers.3` and `layers.*`. */
function normalise(path: string): string {
  return path.replace(/\[(\d+|\*)\]/g, ".$1");
}

export function overrideSetting(
  on: Elaboration,
  env: Env,
  path: string,
  meaning: Meaning,
  { type, declared }: { readonly type: StaticType; readonly declared: Span },
): Meaning {
  const override = on.overrides?.take(path);
  if (override === undefined) return meaning;
  const span = override.span ?? declared;
  const set = settingFrom(on, override.value, type);
  if (set === undefined) {
    on.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: `\`${type}\``,
      found: String(override.value),
    });
    return errorMeaning;
  }
  const [before, after] = [describe(on, env, meaning), describe(on, env, set)];
  if (before === after && override.mayBeIdle !== true) {
    on.sink.report("idle-override", span, { path, value: after }, declaredAt(override, declared));
  }
  return set;
}

function settingFrom(
  on: Elaboration,
  value: number | boolean | string,
  type: StaticType,
): Meaning | undefined {
  if (type === "int" && typeof value === "number" && Number.isSafeInteger(value)) {
    return { kind: "static", value: { type: "int", value: on.sizes.constant(value) } };
  }
  if (type === "float" && typeof value === "number")
    return { kind: "static", value: { type: "float", value } };
  if (type === "bool" && typeof value === "boolean")
    return { kind: "static", value: { type: "bool", value } };
  return type === "string" && typeof value === "string"
    ? { kind: "static", value: { type: "string", value } }
    : undefined;
}

export type Overridable =
  | { readonly kind: "owned"; readonly size: Size }
  /** Bound to an axis of somebody else, or made of others. */
  | { readonly kind: "alias"; readonly target: () => string };

/** The size that an owned axis has in the end; `true` for an alias without override. Undefined after a report. */
export function overrideAxis(
  on: Elaboration,
  path: string,
  axis: Overridable,
  /** Where the axis is declared, or bound to another. */
  declared: Span,
): Size | true | undefined {
  const override = on.overrides?.take(path);
  const kept = axis.kind === "owned" ? axis.size : true;
  if (override === undefined) return kept;
  const span = override.span ?? declared;
  if (axis.kind === "alias") {
    const params = { path, target: axis.target() };
    on.sink.report("override-of-alias", span, params, declaredAt(override, declared));
    return undefined;
  }
  const { value } = override;
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    on.sink.report("argument-type", span, {
      callee: "`set`",
      name: path,
      needed: "the size of an axis",
      found: String(value),
    });
    return undefined;
  }
  const size = on.sizes.constant(value);
  if (size === axis.size && override.mayBeIdle !== true)
    on.sink.report(
      "idle-override",
      span,
      { path, value: describeSize(on, size) },
      declaredAt(override, declared),
    );
  return size;
}

/** The second span, where what was written has a place of its own. */
function declaredAt(override: ModelOverride, span: Span): ReportOptions {
  return override.span === undefined ? {} : { related: [{ span, text: "declared here" }] };
}
