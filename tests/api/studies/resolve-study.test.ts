import { expect, test } from "vitest";
import { compileStageFile } from "../../../compiler/api/compile-stage-file.ts";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";

const text = `
import { Linear, Mlp } from "std/layers"
import { cross_entropy } from "std/losses"
import { Sgd } from "std/optimizers"

interface Body<In> {
  fn forward(x: [.., In]) -> [.., In]
}
module Wide<In, Hidden = 8>() {
  use mlp = Mlp<In, Hidden>()
  fn forward(x: [.., In]) -> [.., In] { mlp(x) }
}
module Thin<In>(biased: bool = true) {
  use linear = Linear<In, In>(biased: biased)
  fn forward(x: [.., In]) -> [.., In] { linear(x) }
}
model Sorter<In = 4, Class = 3> {
  slot body: Body<In> = Wide<In>()
  use head = Linear<In, Class>()
  mode classify(x: f32[B, In]) -> [B, Class] { head(body(real(x))) }
}
/// Comments change nothing.
stage learn of Sorter(x: f32[B, In], label: i32[B]) {
  train everything else at lr 0.1
  optimizer Sgd()
  steps 30
  batch 8
  loss { 2.0 * cross_entropy{Class}(classify(x), label) }
}
experiment sizes of Sorter {
  set In in [4, 6]
  case wide { set body.Hidden = 16 }
  case thin { replace body with Thin<In>() }
  run learn for 20 steps
  seeds 0..3
  report table(params, loss)
}
`;

test("an experiment is the product of its dimensions, each cell named and costed", () => {
  const { study, diagnostics } = resolveStudy({ text }, "sizes");
  expect(diagnostics).toEqual([]);
  expect(study?.cells.map(({ name, cost }) => [name, cost.parameters])).toEqual([
    ["wide, In=4", 4 * 16 + 16 + 16 * 4 + 4 + (4 * 3 + 3)],
    ["thin, In=4", 4 * 4 + 4 + (4 * 3 + 3)],
    ["wide, In=6", 6 * 16 + 16 + 16 * 6 + 6 + (6 * 3 + 3)],
    ["thin, In=6", 6 * 6 + 6 + (6 * 3 + 3)],
  ]);
  expect(study?.seeds).toEqual([0, 1, 2]);
  expect(study?.cells[1]?.difference).toEqual([
    { path: "In", kind: "set", value: "4" },
    { path: "body", kind: "replace", value: "Thin<>(biased = true)" },
  ]);
});

test("a stage is compiled as a cell has it", () => {
  const cells = resolveStudy({ text }, "sizes").study?.cells ?? [];
  const counts = cells.map(({ identity, stage }) => {
    const cell = { experiment: "sizes", identity };
    const { artifact } = compileStageFile(
      { file: { text }, stage, cell },
      { purpose: "train", steps: 3 },
    );
    return artifact.stage.groups
      .flatMap(({ parameters }) => parameters)
      .reduce((n, { numbers }) => n + numbers, 0);
  });
  expect(counts).toEqual(cells.map(({ cost }) => cost.trainable));
});

test("names, comments and layout are no part of a cell's identity, and what it computes is", () => {
  const identities = (changed: string) =>
    resolveStudy({ text: changed }, "sizes").study?.cells.map(({ identity }) => identity);
  const before = identities(text);
  expect(new Set(before).size).toBe(4);
  const renamed = text
    .replace("case thin", "case narrow")
    .replaceAll("Thin", "Narrow")
    .replace("Comments", "Words")
    .replace("  train", "\n    train");
  expect(identities(renamed)).toEqual(before);
  const other = identities(text.replace("lr 0.1", "lr 0.2"));
  expect(other?.some((identity) => before?.includes(identity))).toBe(false);
});
