/** Results of a study with so many cells, as their folder would give them: made up, so that reporting is all that takes time. */
export function manyCells(count, seeds, steps) {
  const rows = Math.max(2, Math.round(Math.sqrt(count / 2)));
  const cells = Array.from({ length: count }, (_, at) => cellOf(at, rows));
  const study = {
    name: `cells_${count}`,
    cells,
    leftOut: [],
    seeds: Array.from({ length: seeds }, (_, seed) => seed),
    run: { kind: "steps", amount: steps },
    halving: undefined,
    measures: [],
    reports: [],
    dimensions: ["depth", "width"],
    notes: [],
  };
  const results = cells.map((cell, at) => ({
    cell,
    isCurrent: true,
    runs: study.seeds.map((seed) => runOf(at, seed, steps, count)),
  }));
  return { study, cells: results, device: "none" };
}

function cellOf(at, rows) {
  const values = { depth: String(at % rows), width: String(Math.floor(at / rows)) };
  const name = `depth=${values.depth} width=${values.width}`;
  return {
    name,
    identity: at.toString(16).padStart(64, "0"),
    difference: [],
    values,
    stage: "none",
    phase: undefined,
    steps: 1,
    start: undefined,
    starts: [],
    data: [],
    baseline: at === 0 ? undefined : "depth=0 width=0",
    cost: {
      parameters: 1e6 + 1e4 * at,
      trainable: 1e6,
      macsPerStep: 1e9,
      macs: 1e7 * (1 + at),
      flopsPerStep: 1e9,
      peakBytes: 1e8,
      dispatches: 100,
      parts: {},
    },
  };
}

function runOf(at, seed, steps, count) {
  const loss = 2 - at / count + 0.1 * Math.sin(37 * at + 11 * seed);
  return {
    seed,
    state: "done",
    reason: undefined,
    history: Array.from({ length: steps }, (_, n) => ({
      step: n + 1,
      samples: n + 1,
      flops: 1e9 * (n + 1),
      minutes: n / 60,
      values: { loss: loss + 1 / (n + 1) },
    })),
    measures: { loss },
    peakBytes: 1e8,
    stepMs: 1,
    pictures: [],
  };
}
