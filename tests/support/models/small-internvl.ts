import { expect } from "vitest";
import type { ModelOverride } from "../../../compiler/2-check/core/override-table.ts";
import type { ElaboratedMode } from "../../../compiler/2-check/modes/elaborate-mode.ts";
import type { Value } from "../../../compiler/ir/graph/graph.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";
import { numbersFor } from "../graphs/random-tensors.ts";
import { StepRun } from "../graphs/run-steps.ts";
import { weightsIn } from "../graphs/stored-kinds.ts";
import { elaborateFile } from "../texts/check-text.ts";
import type { Weight } from "./plain-internvl.ts";

export const internvlFile = "models/internvl/internvl.weft";

/** An InternVL that plain loops compute in milliseconds. */
export const vision = { width: 8, heads: 2, depth: 4, image: 4, patch: 2 } as const;
export const qllama = { width: 8, heads: 2, depth: 3, queries: 3, eps: 1e-6 } as const;
export const [vocab, embedding] = [13, 6];

const visionSizes = { D: 8, Heads: 2, Hidden: 12, depth: vision.depth, image: 4, patch: 2 };
export const visionSet = (part: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(visionSizes).map(([name, value]) => [
      part === "" ? name : `${part}.${name}`,
      value,
    ]),
  );
export const internvlSet = {
  ...visionSet("vision_model"),
  E: embedding,
  Query: qllama.queries,
  "qllama.Vocab": vocab,
  "qllama.D": qllama.width,
  "qllama.Heads": qllama.heads,
  "qllama.Hidden": 12,
  "qllama.depth": qllama.depth,
  "qllama.Slot": 12,
  "clip_projector.heads": 2,
  "clip_projector2.heads": 2,
};

/** A mode of a file with these settings; what is wrong with them fails the test. */
export function modeOf(
  file: string,
  model: string,
  mode: string,
  set: Readonly<Record<string, number | boolean>> = {},
): ElaboratedMode {
  const overrides = Object.entries(set).map(([path, value]): ModelOverride => ({ path, value }));
  const { mode: found, diagnostics } = elaborateFile(file, model, mode, overrides);
  expect(diagnostics.map((one) => `${one.code}: ${one.message}`)).toEqual([]);
  if (found === undefined) throw new Error("no mode");
  return found;
}

export const pathsOf = ({ steps }: ElaboratedMode): readonly string[] => [
  ...new Set(steps.flatMap(({ graph }) => weightsIn(graph).map(({ path }) => path))),
];

/** Random weights by path, the same in every mode, and what each run read of them. */
export class SmallWeights {
  readonly #known = new Map<string, Float64Array>();
  readonly #given: Readonly<Record<string, ArrayLike<number>>>;

  constructor(given: Readonly<Record<string, ArrayLike<number>>> = {}) {
    this.#given = given;
  }

  run(
    mode: ElaboratedMode,
    step: string,
    inputs: Readonly<Record<string, readonly number[]>>,
    sizes: Readonly<Record<string, number>>,
  ): readonly number[] {
    const outputs = new StepRun(mode, this.make).call(step, inputs, sizes);
    return outputs.output ?? [];
  }

  /** Weights of a part, for the plain functions. */
  of(part: string): Weight {
    return (name) => {
      const found = this.#known.get(part === "" ? name : `${part}.${name}`);
      if (found === undefined) throw new Error(`no mode has read ${part}.${name}`);
      return found;
    };
  }

  /** As `StepRun` asks for them. */
  readonly make = (path: string, value: Value, extent: Extent): Float64Array => {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    const seed = [...path].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65537, 7);
    const given = this.#given[path];
    const data = given ? Float64Array.from(given) : numbersFor(value, extent, seed, [-0.9, 0.9]);
    this.#known.set(path, data);
    return data;
  };
}

/** Pixels of one image, far from zero in the mean. */
export const pixels = Array.from({ length: 3 * 16 }, (_, n) => Math.sin(3 * n) + 0.3 * (n % 5));

/** What was found is what is right; every mistake would have been seen. */
export function expectOnly(
  found: readonly number[],
  right: readonly number[],
  mistakes: Readonly<Record<string, readonly number[]>>,
): void {
  expect(distance(found, right)).toBeLessThan(1e-10);
  for (const [name, wrong] of Object.entries(mistakes))
    expect(distance(found, wrong), name).toBeGreaterThan(1e-7);
}

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((one, n) => Math.abs(one - (b[n] ?? Number.NaN))));
}
