import { expect, test } from "vitest";
import { BatchRun } from "../support/graphs/batch-run.ts";

const text = `import { contrastive, cross_entropy, next_token } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M {
  axis D = 3
  axis E = 4
  axis Class = 5
  axis N = 3
  use a = Linear<D, E>()
  use b = Linear<D, E>()
  use head = Linear<E, Class>()
  param scale: f32[] = 0.5
  param shift: f32[E] = 0.1
  mode run(x: f32[B, N, D]) -> [B, N, E] { a(real(x)) }
}
stage plain of M(x: f32[B, N, D]) {
  loss { f32(mean{B, N, E}(a(real(x)) ^ 2)) }
  train everything else at lr 1e-2
  steps 5
  batch 8 by 2
}
stage words of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { next_token{N, Class}(head(a(real(x))), labels) }
  train everything else at lr 1e-2
  optimizer AdamW()
  clip 0.5
  steps 5
  batch 8 by 2
}
stage pairs of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = a(real(x))
    contrastive{B, E}(mean{N}(seen), take{N: 1}(b(real(x))), exp(scale), keep: take{N: 0}(labels) != 3)
  }
  train everything else at lr 1e-2
  optimizer AdamW()
  steps 5
  batch 8 by 2
}
stage tasks of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = dropout(a(real(x)) + real(shift), 0.3)
    let near = contrastive{B, E}(mean{N}(seen), take{N: 1}(b(real(x))), exp(scale))
    let named = cross_entropy{Class}(head(seen), labels, keep: labels >= 0 and index{B} < B - 1)
    let right = mean{B, N}(f32(i32(argmax{Class}(head(seen)) == labels)))
    near + 0.5 * named + 0.1 * sum{E}(shift ^ 2)
  }
  watch near, named, right
  train everything else at lr 1e-2
  steps 5
  batch 8 by 2
}
stage deep of M(x: f32[B, N, D]) {
  loss {
    let y = f32(a(real(x)))
    let z = y - mean{B}(y)
    f32(mean{B, N, Class}(head(real(z)) ^ 2))
  }
  train everything else at lr 1e-2
  steps 5
  batch 8 by 2
}
stage probe of M(x: f32[B, N, D]) {
  loss {
    let y = f32(a(real(x)))
    let z = y - mean{B}(y)
    f32(mean{B, N, Class}(head(real(z)) ^ 2))
  }
  train head at lr 1e-2
  freeze everything else
  steps 5
  batch 8 by 2
}
`;

const x = Array.from({ length: 8 * 3 * 3 }, (_, n) => Math.sin(n * 1.7));
const labels = Array.from({ length: 8 * 3 }, (_, n) => (n % 4 === 1 || n < 9 ? -100 : (3 * n) % 5));
const inputs = { x, labels };

/** The norm of the difference, relative to that of what it should be. */
function distance(found: readonly number[] | undefined, wanted: readonly number[]): number {
  const norm = (numbers: readonly number[]) => Math.hypot(...numbers);
  const off = norm(wanted.map((value, n) => value - (found?.[n] ?? Number.NaN)));
  return off / Math.max(norm(wanted), 1e-12);
}

test.each([
  ["plain", "sum", ["couple", "accumulate", "gradients"]],
  ["words", "sum", ["count", "couple", "accumulate", "gradients"]],
  ["pairs", "two-pass", ["features", "couple", "accumulate", "gradients"]],
  ["tasks", "two-pass", ["features", "couple", "accumulate", "gradients"]],
  ["probe", "sum", ["count", "couple", "gradients"]],
])("the loss of `%s` is split as a %s, and is that of the whole batch", (stage, form, names) => {
  const whole = new BatchRun(text, { stage, samples: 8, piece: 8 });
  expect(whole.names).toEqual([stage]);
  const wanted = whole.run(inputs);
  for (const piece of stage === "tasks" ? [1, 4] : [2]) {
    const pieces = new BatchRun(text, { stage, samples: 8, piece });
    expect(pieces.names).toEqual(names);
    expect(pieces.batch.spec).toMatchObject({ total: 8, piece, form });
    const found = pieces.run(inputs);
    expect(Object.keys(found)).toEqual(Object.keys(wanted));
    // And once more: nothing of the batch before is left.
    for (const result of [found, pieces.run(inputs)])
      for (const [name, numbers] of Object.entries(wanted))
        expect([name, distance(result[name], numbers) < 1e-12]).toEqual([name, true]);
  }
});

test.each(["words", "pairs"])("`%s` takes the same way in pieces and at once", (stage) => {
  const [whole, pieces] = [8, 2].map((piece) => {
    const run = new BatchRun(text, { stage, samples: 8, piece, lr: 0.05 });
    const losses = Array.from({ length: 4 }, () => run.run(inputs).loss?.[0] ?? Number.NaN);
    return { losses, weight: run.stored("a.weight"), moment: run.stored("optimizer.v.a.weight") };
  });
  expect(distance(pieces?.losses, whole?.losses ?? [])).toBeLessThan(1e-10);
  expect(distance(pieces?.weight, whole?.weight ?? [])).toBeLessThan(1e-10);
  expect(distance(pieces?.moment, whole?.moment ?? [])).toBeLessThan(1e-10);
  expect(new Set(whole?.losses).size).toBe(4);
});

test("what is combined, goes through trained weights and is combined again cannot be split", () => {
  expect(() => new BatchRun(text, { stage: "deep", samples: 8 })).toThrow(
    /batch-not-split.*samples are combined before `head\.weight`.*mean\{B\}\(y\)/s,
  );
  expect(new BatchRun(text, { stage: "deep", samples: 8, piece: 8 }).names).toEqual(["deep"]);
  expect(() => new BatchRun(text, { stage: "plain", samples: 6, piece: 4 })).toThrow(
    /6 samples are no whole number of pieces of 4/,
  );
});
