import { nearestNames } from "../../diagnostics/suggest.ts";
import type { Span } from "../../source/source-file.ts";
import { absentParts } from "./absent-parts.ts";
import type { Reporting } from "./contexts.ts";
import type { Instance } from "./entity.ts";

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
  /** The steps of each path, in the same order. */
  readonly #patterns: readonly (readonly string[])[];
  readonly #fallback: Span;
  readonly #used = new Set<ModelOverride>();
  /** Every path that could have been meant. */
  readonly #offered = new Set<string>();

  constructor(overrides: readonly ModelOverride[], fallback: Span) {
    this.#overrides = overrides;
    this.#patterns = overrides.map(({ path }) => stepsOf(path));
    this.#fallback = fallback;
  }

  /** The last override of this path, which wins. */
  take(path: string): ModelOverride | undefined {
    if (this.#overrides.length === 0) return undefined;
    this.#offered.add(path);
    const steps = path.split(".");
    const found = this.#overrides.filter((_, n) => matches(this.#patterns[n] ?? [], steps));
    for (const one of found) this.#used.add(one);
    return found.at(-1);
  }

  /** `model` is what they were for: a condition of it may leave out what they mean. */
  reportUnused(checker: Reporting, model: Instance): void {
    const unused = this.#overrides.filter((one) => !this.#used.has(one));
    const absent = unused.length === 0 ? [] : absentParts(model);
    for (const one of unused) {
      const part = absent.find(({ path }) => isBelow(one.path, path));
      const span = one.span ?? part?.absence.span ?? this.#fallback;
      if (part !== undefined) {
        const { why, condition, span: place } = part.absence;
        const params = { path: one.path, part: part.path, why, condition };
        const related = [{ span: place, text: "it is there only if this holds" }];
        checker.sink.report("override-in-absent-part", span, params, {
          related: one.span === undefined ? [] : related,
        });
      } else
        checker.sink.report("unknown-override", span, {
          path: one.path,
          nearest: nearestNames(one.path, this.#offered),
        });
    }
  }
}

function matches(wanted: readonly string[], found: readonly string[]): boolean {
  return (
    wanted.length === found.length && wanted.every((step, n) => step === "*" || step === found[n])
  );
}

/** Whether a path, which may have patterns, leads into the part at `part`. */
function isBelow(path: string, part: string): boolean {
  const [wanted, found] = [stepsOf(path), part.split(".")];
  return (
    wanted.length > found.length &&
    found.every((step, n) => wanted[n] === "*" || wanted[n] === step)
  );
}

/** `layers[3]` and `layers[*]` are `layers.3` and `layers.*`. */
function stepsOf(path: string): readonly string[] {
  return path.replace(/\[(\d+|\*)\]/g, ".$1").split(".");
}
