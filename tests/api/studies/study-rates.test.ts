import { expect, test } from "vitest";
import { compileStageFile } from "../../../compiler/api/compile-stage-file.ts";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";

const model = `
import { Linear } from "std/layers"
import { Sgd } from "std/optimizers"

model Line<In = 3, Hidden = 4> {
  use body = Linear<In, Hidden>()
  use head = Linear<Hidden, 1>()
  mode forward(x: f32[B, In]) -> [B, head.Out] { head(body(real(x))) }
}
stage learn of Line(x: f32[B, In]) {
  train body at lr 0.1
  train everything else at lr 0.2
  optimizer Sgd()
  steps 10
  batch 4
  loss { f32(mean{B, head.Out}(forward(x) ^ 2)) }
}
`;

function resolve(trials: string) {
  const text = `${model}experiment e of Line {\n${trials}\n  run learn\n}\n`;
  return { ...resolveStudy({ text }, "e"), text };
}

/** The rates of both lines as each cell compiles them. */
function ratesOf(trials: string) {
  const { study, diagnostics, text } = resolve(trials);
  expect(diagnostics).toEqual([]);
  return (study?.cells ?? []).map(({ name, identity, stage }) => {
    const cell = { experiment: "e", identity, name };
    const options = { purpose: "train", steps: 3 } as const;
    const { artifact } = compileStageFile({ file: { text }, stage, cell }, options);
    return [name, ...artifact.stage.groups.map(({ lr }) => lr)];
  });
}

test("a learning rate is set for the line that names the part, or for all lines", () => {
  expect(ratesOf("set body.lr in [0.1, 0.3]")).toEqual([
    ["lr=0.1", 0.1, 0.2],
    ["lr=0.3", 0.3, 0.2],
  ]);
  expect(ratesOf("set lr = 0.5\nset Hidden in [4, 8]")).toEqual([
    ["Hidden=4", 0.5, 0.5],
    ["Hidden=8", 0.5, 0.5],
  ]);
});

test("a rate is a part of what a cell is, and of what it differs in, and costs nothing", () => {
  const cells = resolve("set lr in [0.1, 0.3]").study?.cells ?? [];
  expect(new Set(cells.map(({ identity }) => identity)).size).toBe(2);
  expect(cells.map(({ difference }) => difference)).toEqual([
    [{ path: "lr", kind: "set", value: "0.1" }],
    [{ path: "lr", kind: "set", value: "0.3" }],
  ]);
  expect(cells[0]?.cost).toEqual(cells[1]?.cost);
});

test("a range of rates is sampled by ratios", () => {
  const { study } = resolve("set lr in 1e-5 to 1e-1 log\nsample 4 by latin_hypercube(seed: 3)");
  const rates = (study?.cells ?? []).map(({ values }) => Number(values.lr));
  // One in each power of ten.
  expect(rates.map((rate) => Math.floor(Math.log10(rate) + 5)).sort()).toEqual([0, 1, 2, 3]);
});

test("a rate that no line has, one that is there already and one below 0 are told before anything runs", () => {
  const codes = (trials: string) =>
    resolve(trials).diagnostics.map(({ code, hint, notes }) => [code, hint, notes]);
  expect(codes("set hed.lr in [0.1, 0.3]")).toEqual([
    [
      "unknown-override",
      "the learning rates of the stage are `lr` and `body.lr`",
      ["in the cells `lr=0.1`, `lr=0.3`"],
    ],
  ]);
  expect(codes("set body.lr = 0.1").map(([code]) => code)).toEqual(["idle-override"]);
  expect(codes("set lr in [-0.1, 0.3]").map(([code]) => code)).toEqual(["argument-type"]);
});
