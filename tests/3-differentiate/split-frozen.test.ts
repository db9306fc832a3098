import { expect, test } from "vitest";
import { BatchRun } from "../support/graphs/batch-run.ts";

const text = `import { contrastive, next_token } from "std/losses"
import { dropout } from "std/functions"
import { Linear } from "std/layers"
import { AdamW } from "std/optimizers"
model M {
  axis D = 3
  axis E = 4
  axis Class = 5
  axis N = 3
  use see = Linear<D, E>()
  use glue = Linear<E, E>()
  use head = Linear<E, Class>()
  param rows: f32[Class, E] = 0.2
  mode run(x: f32[B, N, D]) -> [B, N, E] { see(real(x)) }
}
stage glued of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { next_token{N, Class}(head(glue(tanh(see(real(x))))), labels) }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8 by 2
}
stage pooled of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = see(real(x))
    let first = take{N: 0}(seen)
    contrastive{B, E}(glue(first), mean{N}(tanh(seen)), 10.0, keep: take{N: 0}(labels) != 3)
  }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8 by 4
}
stage beside of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss {
    let seen = see(real(x)) * real(f32(index{B}))
    f32(mean{B, N, E}((glue(seen) + glue(dropout(see(real(x)), 0.5))) ^ 2))
  }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8
}
stage unreached of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { f32(mean{B, N, E}(glue(real(x) |> see |> stop_gradient) ^ 2)) }
  train everything else at lr 1e-2
  optimizer AdamW()
  steps 5
  batch 8
}
stage drawn of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { f32(mean{B, N, E}(glue(see(dropout(real(x), 0.5))) ^ 2)) }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8
}
stage placed of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { f32(mean{B, N, E}(glue(see(real(x) * real(f32(index{B})))) ^ 2)) }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8
}
stage learned of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { f32(mean{B, N, E}(glue(see(real(x))) ^ 2)) }
  train everything else at lr 1e-2
  optimizer AdamW()
  steps 5
  batch 8
}
stage words of M(x: f32[B, N, D], labels: i32[B, N]) {
  loss { f32(mean{B, N, E}(glue(take{Class: labels}(real(rows))) ^ 2)) }
  train glue at lr 1e-2
  freeze everything else
  optimizer AdamW()
  steps 5
  batch 8
}
`;

const x = Array.from({ length: 8 * 3 * 3 }, (_, n) => Math.sin(n * 1.7));
const labels = Array.from({ length: 8 * 3 }, (_, n) => (n % 4 === 1 || n < 9 ? 0 : (3 * n) % 5));
const inputs = { x, labels };

test.each([
  ["glued", 1],
  ["pooled", 2],
  ["beside", 1],
  ["unreached", 1],
])(
  "what the frozen encoder of `%s` makes is %i result(s) of a step of its own, and all losses are the same",
  (stage, results) => {
    for (const piece of stage === "beside" ? [8] : [8, 2]) {
      const [whole, apart] = [false, true].map((keepFrozen) => {
        const run = new BatchRun(text, { stage, samples: 8, piece, lr: 0.05, keepFrozen });
        const losses = Array.from({ length: 4 }, () => run.run(inputs).loss?.[0]);
        return { names: run.names, losses, weight: run.stored("glue.weight"), run };
      });
      expect(whole?.names).not.toContain("frozen");
      expect(apart?.names).toEqual(["frozen", ...(whole?.names ?? [])]);
      const [frozen, ...behind] = apart?.run.steps ?? [];
      expect(frozen?.graph.inputs.map(({ name }) => name)).toEqual(["x"]);
      expect(frozen?.graph.outputs.map(({ name }) => name)).toEqual(
        Array.from({ length: results }, (_, n) => `frozen.${n}`),
      );
      const read = behind.flatMap(({ graph }) => graph.inputs.map(({ name }) => name));
      expect(read).not.toContain("x");
      expect(apart?.losses).toEqual(whole?.losses);
      expect(apart?.weight).toEqual(whole?.weight);
    }
  },
);

test.each([
  ["drawn", "it hangs on random numbers"],
  ["placed", "it hangs on the place in the batch"],
  ["learned", "what makes it is trained too"],
  ["words", "it is looked up, not computed"],
])("nothing is taken out of `%s`: %s", (stage) => {
  const run = new BatchRun(text, { stage, samples: 8, keepFrozen: true, lr: 0.05 });
  expect(run.names).not.toContain("frozen");
});
