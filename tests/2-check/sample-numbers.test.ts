import { expect, test } from "vitest";
import { elaborateModel } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { stepGraph } from "../../compiler/2-check/modes/step-graph.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import { immediate, input } from "../../compiler/ops/build/build.ts";
import type { ReferenceTensor } from "../../compiler/ops/define-op.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { checkText } from "../support/texts/check-text.ts";

const text = `
model Noise() {
  axis N = 3
  axis D = 8

  mode whole(x: f32[B, N, D]) -> f32[B, N, D] { where(random.uniform{N, B, D}() >= 0.25, x, 0.0) }
  mode path(x: f32[B, N]) -> f32[B, N] { x * random.uniform{B}() }
  mode twin(x: f32[B]) -> f32[B, N] {
    axis T = B
    rename{T -> B}(random.uniform{T, N}() + rename{B -> T}(x))
  }
  mode pairs(x: f32[B]) -> f32[B, N] {
    axis Other = B
    axis Pair = B ++ Other
    let first = take{Pair: index{B}}(random.uniform{Pair, N}())
    first + x
  }
  mode shared(x: f32[B]) -> f32[B, N] { random.uniform{N}() + x }
}
`;

interface Run {
  readonly samples: readonly number[];
  readonly seed?: number;
  readonly step?: number;
}

/** A mode on ones as a stage would run it: with the numbers of the samples of the batch. */
function numbersOf(mode: string, { samples, seed = 7, step = 3 }: Run): readonly number[][] {
  const { program } = checkText(text);
  const sink = new DiagnosticSink();
  const made = elaborateModel(program, { model: "Noise", overrides: [], sink });
  const callable = made?.instance.modes.get(mode)?.steps[0];
  if (made === undefined || callable === undefined) throw new Error(`no mode ${mode}`);
  const { checker, instance } = made;
  const axis = checker.build.axis("B", checker.sizes.variable("B", 0), undefined);
  const origin = { kind: "source", span: callable.span, path: "" } as const;
  const numbers = input(checker.build, "samples", { element: "u32", axes: [axis] }, origin);
  const shared = { axes: new Map([["B", axis]]), starts: new Map() };
  const drawing = { ...checker, samples: numbers };
  const graph = stepGraph(drawing, { instance, callable, name: mode, shared });
  const [output] = graph?.outputs ?? [];
  if (graph === undefined || output === undefined) throw new Error(sink.diagnostics[0]?.message);
  const extent = extentOf(checker.sizes, new Map([[axis.size, samples.length]]));
  const feeds = new Map<Value, ReferenceTensor>();
  feeds.set(numbers, { type: numbers.type, data: Float64Array.from(samples) });
  for (const { value } of graph.inputs)
    feeds.set(value, { type: value.type, data: new Float64Array(countOf(value, extent)).fill(1) });
  for (const [name, number] of Object.entries({ seed, step })) {
    const value = immediate(checker.build, name, origin);
    feeds.set(value, { type: value.type, data: Float64Array.of(number) });
  }
  const found = interpretGraph([output.value], feeds, extent).get(output.value);
  const data = [...(found?.data ?? [])];
  const width = data.length / samples.length;
  return samples.map((_, n) => data.slice(n * width, (n + 1) * width));
}

function countOf({ type }: Value, extent: ReturnType<typeof extentOf>): number {
  return type.axes.reduce((count, axis) => count * extent(axis), 1);
}

const eight = [40, 41, 42, 43, 44, 45, 46, 47];

test.each(["whole", "path", "twin", "pairs", "shared"])(
  "%s: eight samples at once draw what four times two draw",
  (mode) => {
    const pieces = [0, 2, 4, 6].flatMap((first) =>
      numbersOf(mode, { samples: eight.slice(first, first + 2) }),
    );
    expect(numbersOf(mode, { samples: eight })).toEqual(pieces);
    const turned = numbersOf(mode, { samples: eight.toReversed() });
    expect(turned.toReversed()).toEqual(pieces);
  },
);

test.each(["whole", "path", "twin", "pairs"])("%s: each sample draws its own", (mode) => {
  const rows = numbersOf(mode, { samples: eight });
  expect(new Set(rows.map((row) => row.join(" "))).size).toBe(8);
});

test("another seed, another step: other numbers", () => {
  const now = numbersOf("path", { samples: eight });
  expect(numbersOf("path", { samples: eight })).toEqual(now);
  expect(numbersOf("path", { samples: eight, seed: 8 })).not.toEqual(now);
  expect(numbersOf("path", { samples: eight, step: 4 })).not.toEqual(now);
});

test("what no sample has is drawn once", () => {
  const [first, ...others] = numbersOf("shared", { samples: eight });
  for (const row of others) expect(row).toEqual(first);
});

test("a quarter of the elements falls below a quarter", () => {
  const rows = numbersOf("whole", { samples: Array.from({ length: 500 }, (_, n) => n) });
  const kept = rows.flat().reduce((sum, x) => sum + x, 0) / 12000;
  // Four standard deviations.
  expect(Math.abs(kept - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 12000));
});
