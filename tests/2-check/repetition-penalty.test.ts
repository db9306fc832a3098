import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { chooseTokens } from "../../compiler/2-check/sampling/choose-tokens.ts";
import { samplingFile } from "../../compiler/2-check/sampling/sampling-caller.ts";
import type { Sampling } from "../../compiler/2-check/sampling/sampling-settings.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { compile } from "../../compiler/compile.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { extentOf } from "../../compiler/ops/extent.ts";
import { interpretGraph } from "../../compiler/ops/interpret-graph.ts";
import { modeOf, run } from "../support/graphs/choice-modes.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { statesIn } from "../support/graphs/stored-kinds.ts";
import {
  chiSquare,
  logSoftmax,
  mostOf,
  penalized,
  warped,
} from "../support/models/processed-scores.ts";
import { textLoader } from "../support/texts/check-text.ts";

function randomLogits(count: number, seed: number, spread: number): number[] {
  const next = generator(seed);
  return Array.from({ length: count }, () => spread * (next() + next() + next() - 1.5));
}

describe("penalised scores", () => {
  test("are divided where they are positive, and multiplied where they are negative", () => {
    const body = "penalize{Vocab}(x, i32(index{Vocab} % 2 == 0), 1.5)";
    const rows = [1, 2].map((seed) => randomLogits(9, seed, 3));
    const [found] = run(modeOf(9, "f32[B, Vocab]", body), rows);
    const said = new Set([0, 2, 4, 6, 8]);
    for (const [n, right] of rows.flatMap((row) => penalized(row, said, 1.5)).entries())
      expect(found?.[n]).toBeCloseTo(right, 12);
  });

  test("rank ids by what is left of them", () => {
    const logits = [3, 2.5, 1, -1];
    const body = "best{Vocab -> P}(penalize{Vocab}(x, i32(index{Vocab} == 0), 2.0))";
    const mode = modeOf(4, "(logp: f32[B, P], id: i32[B, P])", body, "  axis P = 3\n");
    expect(run(mode, [logits])).toEqual([
      [2.5, 1.5, 1],
      [1, 0, 2],
    ]);
  });
});

describe("`draws`", () => {
  const vocab = 6;
  const result = "(logp: f32[B, P], id: i32[B, P], key: f32[B, P])";
  const scores = logSoftmax(randomLogits(vocab, 3, 2));
  const cases = [
    { temperature: 1, topK: 0, topP: 1, least: 2 },
    { temperature: 0.7, topK: 4, topP: 0.9, least: 2 },
    { temperature: 1.5, topK: 1, topP: 1, least: 3 },
  ];

  test.each(cases)("is one after the other without replacement: %o", (warping) => {
    const { temperature, topK, topP, least } = warping;
    const real = (x: number) => (Number.isInteger(x) ? x.toFixed(1) : String(x));
    const settings = `${real(temperature)}, ${topK}, ${real(topP)}, ${least}`;
    const body = `draws{Vocab -> P}(x, ${settings})`;
    const mode = modeOf(vocab, result, body, "  axis P = 3\n");
    const left = warped(scores, warping);
    const weights = logSoftmax(left).map(Math.exp);
    const shares = new Map<string, number>();
    for (const [a, first] of weights.entries())
      for (const [b, second] of weights.entries())
        if (a !== b && first * second > 0) shares.set(`${a} ${b}`, (first * second) / (1 - first));
    const rows = Array.from({ length: 150 }, () => scores);
    const counts = new Map<string, number>();
    for (let step = 0; step < 10; step++) {
      const [logp = [], ids = [], keys = []] = run(mode, rows, { seed: 5, step });
      for (let row = 0; row < rows.length; row++) {
        const drawn = ids.slice(3 * row, 3 * row + 3);
        const outcome = drawn.slice(0, 2).join(" ");
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        for (const [n, id] of drawn.entries()) {
          const place = 3 * row + n;
          expect(logp[place]).toBeCloseTo((scores[id] ?? 0) / temperature, 12);
          // Nothing is left to draw where the key is the lowest number.
          expect((keys[place] ?? 0) > -1e30).toBe((weights[id] ?? 0) > 0);
        }
      }
    }
    expect([...counts.keys()].filter((outcome) => !shares.has(outcome))).toEqual([]);
    const { value, freedom } = chiSquare(counts, shares);
    expect(value).toBeLessThan(mostOf(freedom));
  });
});

describe("a program with a repetition penalty", () => {
  const entry = `model M() {
  axis Vocab = 6
  mode go {
    step prefill(question: i32[B, Turn, Text], ids: i32[B, N]) -> f32[B, Vocab] {
      f32(sum{N}(ids) + sum{Turn, Text}(question)) + f32(index{Vocab})
    }
    step decode(token: i32[B]) -> f32[B, Vocab] { f32(token) + f32(index{Vocab}) }
  }
}`;
  const compiled = (sampling: Sampling) => {
    const loader = textLoader({ entry });
    const sizes = { B: 2, N: 4, Turn: 2, Text: 3 };
    const { artifact } = compile({
      entry: "entry",
      loader,
      model: "M",
      mode: "go",
      sampling,
      sizes,
    });
    if (artifact === undefined) throw new Error("M.go does not compile");
    return artifact;
  };

  test("remembers ids in a state that beams take along", () => {
    const artifact = compiled({ choose: "greedy", repetitionPenalty: 1.5, prompt: "ids" });
    const shape = [
      { name: "B", size: 2 },
      { name: "Vocab", size: 6 },
    ];
    expect(statesIn(artifact)).toMatchObject([{ path: "std/sampling.said", shape, free: [0] }]);
  });

  /** What is remembered after a step, as numbers. */
  function saidAfter(
    sampling: Sampling,
    step: number,
    given: Readonly<Record<string, readonly number[]>>,
    text = entry,
  ): readonly number[] {
    const sink = new DiagnosticSink();
    const loader = textLoader({ entry: text });
    const standard = [samplingFile];
    const program = checkFiles({ entries: ["entry"], standard, loader, parse: parseOnce, sink });
    const behind = chooseTokens(program, sampling);
    const sampled = elaborateMode(program, { model: "M", mode: "go", overrides: [], sink, behind });
    if (sampled === undefined) throw new Error("M.go chooses no tokens");
    const numbers = { B: 2, N: 4, Turn: 1, Text: 2 } as Readonly<Record<string, number>>;
    const { graph } = sampled.steps[step] ?? sampled;
    const [state] = statesIn(graph);
    if (state === undefined) throw new Error("nothing is remembered");
    const sizes = graph.freeAxes.map(({ name, size }) => [size, numbers[name] ?? 1] as const);
    const all = [{ name: "said", value: state.value }, ...graph.inputs];
    const feeds = all.map(({ name, value }) => {
      const data = Float64Array.from(given[name] ?? []);
      return [value, { type: value.type, data }] as const;
    });
    const extent = extentOf(sampled.sizes, new Map(sizes));
    return [...(interpretGraph([state.next], new Map(feeds), extent).get(state.next)?.data ?? [])];
  }

  test("remembers the prompt but no padding, then each token", () => {
    const sampling: Sampling = { choose: "greedy", repetitionPenalty: 1.5, prompt: "ids" };
    // What was there before the prompt is forgotten; an id beyond the vocabulary is nothing.
    const said = Array<number>(12).fill(1);
    const ids = [1, 3, 3, 0, 5, 99, 2, 0];
    const first = saidAfter(sampling, 0, { ids, question: [4, 4, 4, 4], said });
    expect(first).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
    expect(saidAfter(sampling, 1, { token: [4, 0], said: first })).toEqual([
      0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 0, 1,
    ]);
  });

  test("remembers an id 0 that a length says is one", () => {
    const text = entry
      .replace("ids: i32[B, N])", 'ids: i32[B, N], lengths: i32[B] from length(of: "ids"))')
      .replace("sum{N}(ids)", "sum{N}(ids) + lengths");
    const sampling: Sampling = { choose: "greedy", repetitionPenalty: 1.5, prompt: "ids" };
    const given = { ids: [1, 3, 0, 0, 5, 0, 2, 0], lengths: [2, 3], question: [4, 4, 4, 4] };
    expect(saidAfter(sampling, 0, { ...given, said: Array<number>(12).fill(1) }, text)).toEqual([
      0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1,
    ]);
  });

  test("of 1 is the program without one", () => {
    for (const choose of ["greedy", "sample", "candidates"] as const)
      expect(compiled({ choose, repetitionPenalty: 1, prompt: "ids" })).toEqual(
        compiled({ choose }),
      );
  });

  test("costs one more dispatch for a token, two for a prompt", () => {
    for (const choose of ["greedy", "sample", "candidates"] as const) {
      const [prefill = 0, decode = 0] = counts({ choose });
      const penalised = counts({ choose, repetitionPenalty: 1.5, prompt: "ids" });
      expect(penalised[0]).toBeLessThanOrEqual(prefill + 2);
      expect(penalised[1]).toBeLessThanOrEqual(decode + 1);
    }
  });

  const counts = (sampling: Sampling) => compiled(sampling).steps.map(({ from, to }) => to - from);
});
