import { describe, expect, test } from "vitest";
import { checkFiles } from "../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { chooseTokens } from "../../compiler/2-check/sampling/choose-tokens.ts";
import { samplingFile } from "../../compiler/2-check/sampling/sampling-caller.ts";
import type { Sampling } from "../../compiler/2-check/sampling/sampling-settings.ts";
import { parseOnce } from "../../compiler/api/load/parse-once.ts";
import { compile } from "../../compiler/compile.ts";
import { DiagnosticSink } from "../../compiler/diagnostics/sink.ts";
import { modeOf, run } from "../support/graphs/choice-modes.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { textLoader } from "../support/texts/check-text.ts";

function randomLogits(count: number, seed: number, spread: number): number[] {
  const next = generator(seed);
  return Array.from({ length: count }, () => spread * (next() + next() + next() - 1.5));
}

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const parts = logits.map((x) => Math.exp(x - top));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

/** Which ids are left, as the warpers of Hugging Face leave them: temperature, then k, then p. */
function leftBySorting(
  logits: readonly number[],
  temperature: number,
  k: number,
  p: number,
): readonly number[] {
  const scaled = logits.map((x) => x / temperature);
  const kth = [...scaled].sort((a, b) => b - a)[(k === 0 ? scaled.length : k) - 1] ?? 0;
  const kept = scaled.map((x) => (x >= kth ? x : Number.NEGATIVE_INFINITY));
  const probabilities = softmax(kept);
  const order = [...kept.keys()].sort((a, b) => (kept[b] ?? 0) - (kept[a] ?? 0));
  const left: number[] = [];
  let before = 0;
  for (const id of order) {
    if (before >= p || kept[id] === Number.NEGATIVE_INFINITY) break;
    left.push(id);
    before += probabilities[id] ?? 0;
  }
  return left.sort((a, b) => a - b);
}

/** As a literal of the language. */
const real = (x: number) => (Number.isInteger(x) ? x.toFixed(1) : String(x));

describe("the distribution of `sample`", () => {
  const draws = 1500;
  const cases = [
    { temperature: 1, k: 0, p: 1 },
    { temperature: 0.6, k: 0, p: 1 },
    { temperature: 1.5, k: 5, p: 1 },
    { temperature: 1, k: 0, p: 0.8 },
    { temperature: 0.9, k: 7, p: 0.7 },
  ];

  test.each(cases)("is that of the softmax of what is left: %o", ({ temperature, k, p }) => {
    const vocab = 11;
    const logits = randomLogits(vocab, 5, 3);
    const left = leftBySorting(logits, temperature, k, p);
    const share = softmax(
      logits.map((x, id) => (left.includes(id) ? x / temperature : Number.NEGATIVE_INFINITY)),
    );
    const call = `sample{Vocab}(x, ${real(temperature)}, ${k}, ${real(p)})`;
    const mode = modeOf(vocab, "i32[B]", call);
    const counts = new Array<number>(vocab).fill(0);
    const rows = Array.from({ length: 100 }, () => logits);
    for (let step = 0; step < draws / 100; step++) {
      const [ids = []] = run(mode, rows, { seed: 17, step });
      for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
    }
    expect(counts.flatMap((count, id) => (count > 0 && !left.includes(id) ? [id] : []))).toEqual(
      [],
    );
    const chiSquare = left.reduce((sum, id) => {
      const expected = draws * (share[id] ?? 0);
      return sum + ((counts[id] ?? 0) - expected) ** 2 / expected;
    }, 0);
    // The 99.9th percentile with 10 degrees of freedom; with fewer it is less.
    expect(chiSquare).toBeLessThan(29.6);
  });

  test("is decided by the seed and the step alone", () => {
    const mode = modeOf(11, "i32[B]", "sample{Vocab}(x)");
    const rows = Array.from({ length: 40 }, () => randomLogits(11, 5, 1));
    const draw = (seed: number, step: number) => run(mode, rows, { seed, step })[0];
    expect(draw(1, 2)).toEqual(draw(1, 2));
    expect(draw(1, 2)).not.toEqual(draw(1, 3));
    expect(draw(1, 2)).not.toEqual(draw(2, 2));
  });
});

describe("what top-k and top-p leave", () => {
  const cases = [1, 2].flatMap((seed) => [
    { seed, vocab: 50, k: 0, p: 0.9 },
    { seed, vocab: 50, k: 5, p: 1 },
    { seed, vocab: 50, k: 50, p: 0.5 },
    { seed, vocab: 53, k: 20, p: 0.75 },
    { seed, vocab: 53, k: 1, p: 0.01 },
    { seed, vocab: 7, k: 0, p: 0.999 },
  ]);

  test.each(cases)("is what sorting leaves: %o", ({ seed, vocab, k, p }) => {
    const mode = modeOf(vocab, "bool[B, Vocab]", `kept{Vocab}(x, ${k}, ${real(p)})`);
    const rows = [1, 5, 25].map((spread) => randomLogits(vocab, seed, spread));
    const [kept = []] = run(mode, rows);
    for (const [n, logits] of rows.entries()) {
      const row = kept.slice(n * vocab, (n + 1) * vocab);
      const ids = row.flatMap((isKept, id) => (isKept === 1 ? [id] : []));
      expect(ids).toEqual(leftBySorting(logits, 1, k, p));
    }
  });

  test("keeps equals together", () => {
    const mode = modeOf(6, "bool[B, Vocab]", "kept{Vocab}(x, 2)");
    expect(run(mode, [[0, 3, 1, 1, 1, -2]])[0]).toEqual([0, 1, 1, 1, 1, 0]);
  });

  test("is not disturbed by a token that is suppressed", () => {
    const body = "kept{Vocab}(f32(suppress{Vocab}(x, 1)), 0, 0.9)";
    const logits = [0, 9, 2, 1.5, -3, -4];
    const [kept] = run(modeOf(6, "bool[B, Vocab]", body), [logits]);
    expect(kept).toEqual([0, 0, 1, 1, 0, 0]);
  });
});

describe("the other choices", () => {
  test("greedy takes the first of the largest", () => {
    expect(run(modeOf(4, "i32[B]", "greedy{Vocab}(x)"), [[0, 2, 2, 1]])).toEqual([[1]]);
  });

  test("candidates are the best in order, with their log-probabilities", () => {
    const logits = randomLogits(9, 3, 4);
    const result = "(logp: f32[B, P], id: i32[B, P])";
    const body = "candidates{Vocab -> P}(x, x)";
    const [logp = [], ids = []] = run(modeOf(9, result, body, "  axis P = 4\n"), [logits]);
    const order = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0));
    expect(ids).toEqual(order.slice(0, 4));
    const right = softmax(logits).map(Math.log);
    for (const [n, id] of ids.entries()) expect(logp[n]).toBeCloseTo(right[id] ?? 0, 12);
  });
});

describe("a mode whose steps choose tokens", () => {
  const entry = `model M() {
  axis Vocab = 6
  mode go {
    step prefill(x: f32[B, Vocab]) -> f32[B, Vocab] { x }
    step decode(token: i32[B], x: f32[B, Vocab]) -> f32[B, Vocab] { x + f32(token) }
  }
  mode features(x: i32[B, Vocab]) -> i32[B, Vocab] { x }
}`;
  const compiled = (sampling: Sampling, mode = "go") =>
    compile({ entry: "entry", loader: textLoader({ entry }), model: "M", mode, sampling });

  test("results in the token, and in the logits where they are wanted", () => {
    const names = (sampling: Sampling) =>
      compiled(sampling).artifact?.steps.map(({ outputs }) =>
        outputs.map(
          ({ name, element, shape }) => `${name} ${element} ${shape.map((one) => one.size)}`,
        ),
      );
    const token = "token i32 1";
    expect(names({ choose: "greedy" })).toEqual([[token], [token]]);
    const both = [token, "logits f32 1,6"];
    expect(names({ choose: "sample", topK: 3, keepLogits: true })).toEqual([both, both]);
    const three = ["logp f32 1,3", "ids i32 1,3"];
    expect(names({ choose: "candidates", candidates: 3 })).toEqual([three, three]);
    const drawn = [...three, "key f32 1,3"];
    expect(names({ choose: "draws", candidates: 3 })).toEqual([drawn, drawn]);
  });

  test("keeps the end away from the first tokens", () => {
    const sink = new DiagnosticSink();
    const loader = textLoader({ entry });
    const program = checkFiles({
      entries: ["entry"],
      standard: [samplingFile],
      loader,
      parse: parseOnce,
      sink,
    });
    const sampling: Sampling = { choose: "greedy", ends: [2, 4], minNewTokens: 2 };
    const behind = chooseTokens(program, sampling);
    const sampled = elaborateMode(program, { model: "M", mode: "go", overrides: [], sink, behind });
    expect(sink.diagnostics).toEqual([]);
    if (sampled === undefined) return;
    const tokens = [0, 1, 2, 3].map((step) =>
      run(sampled, [[0, 1, 9, 2, 8, 3]], { seed: 0, step }),
    );
    expect(tokens).toEqual([[[5]], [[5]], [[2]], [[2]]]);
  });

  test("says how many positions a prompt takes with what stands before it", () => {
    const text = `model M() {
  axis Vocab = 6
  axis Query = 3
  state length: i32[..] = 0
  mode go {
    step prefill(ids: i32[B, Text]) -> f32[B, Vocab] {
      length := sum{Text}(i32(ids > 0)) + Query
      f32(length) + f32(index{Vocab})
    }
    step decode(token: i32[B]) -> f32[B, Vocab] {
      length := length + 1
      f32(token) + f32(index{Vocab})
    }
  }
}`;
    const loader = textLoader({ entry: text });
    const sampling: Sampling = { choose: "greedy" };
    const sizes = { B: 2, Text: 11 };
    const request = { entry: "entry", loader, model: "M", mode: "go", sampling, sizes };
    const { artifact, diagnostics } = compile(request);
    expect(diagnostics).toEqual([]);
    expect(artifact?.steps.map(({ positions }) => positions)).toEqual([14, undefined]);
    const outputs = artifact?.steps.map((step) => step.outputs.map(({ name }) => name));
    expect(outputs).toEqual([
      ["token", "length"],
      ["token", "length"],
    ]);
  });

  const wrong: readonly (readonly [Sampling, string])[] = [
    [{ choose: "sample", temperature: 0 }, "`temperature` is 0"],
    [{ choose: "sample", temperature: Number.NaN }, "`temperature` is NaN"],
    [{ choose: "sample", topK: 7 }, "`top_k` is 7"],
    [{ choose: "sample", topK: -1 }, "`top_k` is -1"],
    [{ choose: "sample", topP: 0 }, "`top_p` is 0"],
    [{ choose: "sample", topP: 1.5 }, "`top_p` is 1.5"],
    [{ choose: "candidates", candidates: 12 }, "`candidates` is 12"],
    [{ choose: "draws", candidates: 12 }, "`candidates` is 12"],
    [{ choose: "draws", candidates: 2, topP: 1.5 }, "`top_p` is 1.5"],
    [{ choose: "greedy", repetitionPenalty: 0.5 }, "`repetition_penalty` is 0.5"],
    [{ choose: "candidates", repetitionPenalty: Number.NaN }, "`repetition_penalty` is NaN"],
    [{ choose: "greedy", minNewTokens: 0.5 }, "`min_new_tokens` is 0.5"],
    [{ choose: "greedy", ends: [6] }, "`ends` is 6"],
  ];
  test.each(wrong)("refuses %o", (sampling, message) => {
    const { diagnostics } = compiled(sampling);
    expect(diagnostics.map((one) => one.code)).toEqual(["sampling-setting"]);
    expect(diagnostics[0]?.message).toContain(message);
  });

  test("must result in logits", () => {
    const { diagnostics } = compiled({ choose: "greedy" }, "features");
    expect(diagnostics.map((one) => one.code)).toEqual(["not-logits"]);
  });
});
