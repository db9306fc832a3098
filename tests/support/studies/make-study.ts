import { createHash } from "node:crypto";
import type { Cell, Study } from "../../../compiler/api/studies/study.ts";

/** A cell of which nothing is known but its name and its steps. */
export function makeCell(name: string, more: Partial<Cell> = {}): Cell {
  return {
    name,
    identity: createHash("sha256").update(name).digest("hex"),
    difference: [],
    values: { case: name },
    stage: "fit",
    phase: undefined,
    steps: 12,
    start: undefined,
    starts: [],
    data: [],
    baseline: undefined,
    cost: {
      parameters: 10,
      trainable: 10,
      macsPerStep: 100,
      macs: 10,
      flopsPerStep: 200,
      peakBytes: 4096,
      dispatches: 3,
      parts: {},
    },
    ...more,
  };
}

export function makeStudy(cells: readonly Cell[], more: Partial<Study> = {}): Study {
  return {
    name: "widths",
    cells,
    model: "Sorter",
    leftOut: [],
    seeds: [0, 1],
    run: { kind: "steps", amount: 12 },
    halving: undefined,
    measures: [{ name: "probe", task: "loss", settings: {}, fields: ["score"] }],
    reports: [],
    dimensions: ["case"],
    notes: [],
    ...more,
  };
}

/** A text that an experiment could stand in. */
export const text = `
model Line {
  param slope: f32[] = 0.0
  mode at(x: f32[B]) -> f32[B] { x * slope }
}
`;
