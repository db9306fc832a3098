import { describe, expect, test } from "vitest";
import { resolveStudy } from "../../../compiler/api/studies/resolve-study.ts";
import type { Study } from "../../../compiler/api/studies/study.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";

const model = `
import { Linear, Mlp } from "std/layers"
import { cross_entropy } from "std/losses"
import { Sgd } from "std/optimizers"

module Scale<In>(gain: float = 1.0) {
  fn forward(x: [.., In]) -> [.., In] { gain * x }
}
model Sorter<In = 4, Hidden = 8, Class = 3>(depth: int = 1, drop: float = 0.0, biased: bool = true) {
  repeat i in 0..depth {
    use layers[i] = Mlp<In, Hidden>()
    use scales[i] = Scale<In>()
  }
  use head = Linear<In, Class>(biased: biased)
  mode classify(x: f32[B, In]) -> [B, Class] {
    let x = real(x)
    for i in 0..depth { x = scales[i](layers[i](x)) }
    head(x)
  }
}
stage heads of Sorter(x: f32[B, In], label: i32[B]) {
  train head.weight, head.bias at lr 0.1
  freeze everything else
  optimizer Sgd()
  steps 30
  batch 8
  loss { cross_entropy{Class}(classify(x), label) }
}
stage learn of Sorter(x: f32[B, In], label: i32[B]) {
  train everything else at lr 0.1
  optimizer Sgd()
  steps 30
  batch 8
  loss {
    let each = cross_entropy{Class}(classify(x), label)
    each
  }
  watch each
}
`;

function resolve(trials: string, more = "") {
  const text = `${model}experiment e of Sorter {\n${trials}\n}\n${more}`;
  return resolveStudy({ text }, more === "" ? "e" : "more");
}

function studyOf(trials: string, more = ""): Study {
  const { study, diagnostics } = resolve(trials, more);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (study === undefined) throw new Error("no study");
  return study;
}

const names = (study: Study): readonly string[] => study.cells.map(({ name }) => name);

function lineOf({ primary: { span } }: Diagnostic): string {
  const { text } = span.file;
  return text.slice(text.lastIndexOf("\n", span.start) + 1, text.indexOf("\n", span.start)).trim();
}

describe("the grid of an experiment", () => {
  test("pairs are one dimension, and where leaves cells out with its line", () => {
    const study = studyOf(`
      set depth in [1, 2]
      pair {
        set In in [4, 6]
        set Hidden in [8, 12]
      }
      where depth * In < 12
      run learn
    `);
    expect(names(study)).toEqual([
      "depth=1, In=4, Hidden=8",
      "depth=1, In=6, Hidden=12",
      "depth=2, In=4, Hidden=8",
    ]);
    expect(study.leftOut).toEqual([
      { name: "depth=2, In=6, Hidden=12", by: expect.stringMatching(/^text.weft:\d+$/) },
    ]);
    expect(study.dimensions).toEqual(["depth", "In", "Hidden"]);
  });

  test("a baseline holds its own dimensions fixed, and the others vary", () => {
    const study = studyOf(`
      set depth in [1, 2]
      set biased in [true, false]
      baseline {
        set biased = true
      }
      run learn
      seeds 0..3
    `);
    expect(study.cells.map(({ name, baseline }) => [name, baseline])).toEqual([
      ["depth=1, biased=true", undefined],
      ["depth=1, biased=false", "depth=1, biased=true"],
      ["depth=2, biased=true", undefined],
      ["depth=2, biased=false", "depth=2, biased=true"],
    ]);
    expect(study.notes).toEqual([
      "3 seeds give at best p = 0.25; by Holm's correction over 2 comparisons the least p must be 0.025: at least 7 seeds are needed before any difference can be called significant",
    ]);
  });

  test("a case is a baseline by its name, and a dimension with it", () => {
    const study = studyOf(`
      case plain { set depth = 2 }
      case bare { set biased = false }
      set In in [4, 6]
      where case == "plain" or In == 6
      baseline plain
      run learn
    `);
    expect(study.cells.map(({ name, baseline }) => [name, baseline])).toEqual([
      ["plain, In=4", undefined],
      ["plain, In=6", undefined],
      ["bare, In=6", "plain, In=6"],
    ]);
    expect(study.cells[2]?.values).toEqual({
      case: "bare",
      depth: "default",
      biased: "false",
      In: "6",
    });
  });

  test("ranges are drawn when the text is read: as often as is said, inside, and the same each time", () => {
    const trials = `
      set drop in 1e-5 to 1e-1 log
      set depth in 1 to 4
      sample 4 by latin_hypercube(seed: 3)
      run learn
    `;
    const study = studyOf(trials);
    expect(study.cells.length).toBe(4);
    const drops = study.cells.map(({ values }) => Number(values.drop));
    // One point in each quarter of the logarithms, one in each quarter of the whole numbers.
    expect(drops.map((drop) => Math.floor(Math.log10(drop) + 5)).sort()).toEqual([0, 1, 2, 3]);
    expect(study.cells.map(({ values }) => values.depth).sort()).toEqual(["1", "2", "3", "4"]);
    expect(names(studyOf(trials))).toEqual(names(study));
    expect(names(studyOf(trials.replace("seed: 3", "seed: 4")))).not.toEqual(names(study));
  });

  test("an experiment extends another one: its own lines go before those of the same path", () => {
    const study = studyOf(
      `
      set depth in [1, 2]
      set In in [4, 6]
      run learn for 20 steps
      seeds 0..4
      report table(params, loss)
      `,
      `experiment more extends e {
        set In in [8]
        run learn for 10 steps
      }`,
    );
    expect(names(study)).toEqual(["depth=1, In=8", "depth=2, In=8"]);
    expect(study.run).toEqual({ kind: "steps", amount: 10 });
    expect(study.seeds).toEqual([0, 1, 2, 3]);
    expect(study.reports).toEqual([{ kind: "table", columns: ["params", "loss"] }]);
  });

  test("equal compute is as many steps as fit", () => {
    const study = studyOf(`
      set Hidden in [8, 16]
      run learn for 2e5 flops
      halve by 2 from 3 steps on each
    `);
    expect(study.run).toEqual({ kind: "flops", amount: 2e5 });
    expect(study.halving).toEqual({ by: 2, from: 3, on: "each" });
    for (const { steps, cost } of study.cells)
      expect(steps).toBe(Math.floor(2e5 / cost.flopsPerStep));
    // Forward 8 x (4 x 8 x 2 + 4 x 3), and twice that back, but for the gradient of what comes in.
    const [first] = study.cells;
    expect(first?.cost.macsPerStep).toBe(8 * (3 * (4 * 8 * 2 + 4 * 3) - 4 * 8));
    expect(first?.cost.macs).toBe(4 * 8 * 2 + 4 * 3);
    const { diagnostics } = resolve("set Hidden in [8, 16]\nrun learn for 10 flops");
    expect(diagnostics.map(({ code, notes }) => [code, notes])).toEqual([
      ["few-flops", ["in the cells `Hidden=8`, `Hidden=16`"]],
    ]);
  });

  test("what one line of text says of many cells is told once, with the first of them", () => {
    const { study, diagnostics } = resolve(`
      set depth in [1, 2, 3, 4, 5, 6]
      case shallow { set scales[4].gain = 2.0 }
      case narrow { set Hidden = 4 }
      run learn
    `);
    expect(study).toBeUndefined();
    expect(diagnostics.map((one) => [one.code, lineOf(one), one.notes])).toEqual([
      [
        "unknown-override",
        "case shallow { set scales[4].gain = 2.0 }",
        ["in the cells `shallow, depth=1`, `shallow, depth=2`, `shallow, depth=3` and 1 more"],
      ],
    ]);
  });

  test("cells that come to the same work say so", () => {
    const study = studyOf(`
      case a { set depth = 2 }
      case b { set depth = 2 }
      run learn
    `);
    expect(study.cells[0]?.identity).toBe(study.cells[1]?.identity);
    expect(study.notes.at(-1)).toBe("`a` and `b` come to the same work, which is done once");
  });

  test("an experiment without a run is no study", () => {
    const { diagnostics } = resolve("set depth in [1, 2]");
    expect(diagnostics.map(({ code }) => code)).toEqual(["missing-argument"]);
  });
});

test("a cell may lack a part that the stage trains, and trains the others of the line", () => {
  const study = studyOf("set biased in [true, false]\nrun heads");
  // Four times three weights, and three biases where there are any.
  expect(study.cells.map(({ cost }) => cost.trainable)).toEqual([15, 12]);
});
