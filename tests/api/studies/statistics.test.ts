import { describe, expect, test } from "vitest";
import { MeanBootstrap } from "../../../compiler/api/studies/statistics/bootstrap-mean.ts";
import { compareCells } from "../../../compiler/api/studies/statistics/compare-cells.ts";
import { directionOf } from "../../../compiler/api/studies/statistics/direction.ts";
import { holm } from "../../../compiler/api/studies/statistics/holm.ts";
import type { CellValues } from "../../../compiler/api/studies/statistics/paired.ts";
import { paretoStandings } from "../../../compiler/api/studies/statistics/pareto.ts";
import { rankCells } from "../../../compiler/api/studies/statistics/ranking.ts";
import { seedsSupport } from "../../../compiler/api/studies/statistics/seeds-support.ts";
import {
  leastSignFlipP,
  signFlipTest,
} from "../../../compiler/api/studies/statistics/sign-flip.ts";
import { tCoverage, tQuantile } from "../../../compiler/api/studies/statistics/student-t.ts";
import { summarize } from "../../../compiler/api/studies/statistics/summary.ts";

/** The same differences for all that SciPy was asked; their mean is 0.3375. */
const eight = [0.4, -0.1, 0.7, 0.2, 0.9, 0.3, -0.2, 0.5];

describe("Student's t", () => {
  // SciPy 1.17.1: stats.t.ppf(0.975, df), stats.t.ppf(0.995, df), 1 - 2 * stats.t.sf(1.5, df).
  test.each([
    [1, 12.706204736174694, 63.656741162871526, 0.6256659163780023],
    [2, 4.302652729749462, 9.924843200918287, 0.7276068751089989],
    [3, 3.1824463052837078, 5.840909309733355, 0.7694161347551771],
    [4, 2.7764451051977934, 4.604094871349992, 0.792],
    [5, 2.5705818356363146, 4.032142983555228, 0.8060963197575267],
    [7, 2.364624251592784, 3.4994832973504924, 0.82270151301003],
    [8, 2.306004135204166, 3.355387331333395, 0.8279967080480888],
    [15, 2.131449545559776, 2.946712883475238, 0.8456333396182998],
    [30, 2.0422724563012378, 2.7499956535672254, 0.855934070871354],
    [99, 1.9842169515864174, 2.626405457280827, 0.8632031822840267],
    [1000, 1.9623390808264083, 2.580754698065951, 0.8660699611779137],
  ])("with %i degrees of freedom", (freedom, at95, at99, within) => {
    expect(tQuantile(0.95, freedom) / at95).toBeCloseTo(1, 11);
    expect(tQuantile(0.99, freedom) / at99).toBeCloseTo(1, 11);
    expect(tCoverage(1.5, freedom)).toBeCloseTo(within, 12);
  });
});

describe("the summary of seeds", () => {
  test("as SciPy has it", () => {
    const { n, mean, deviation, interval } = summarize(eight);
    expect(n).toBe(8);
    expect(mean).toBeCloseTo(0.3375, 14);
    expect(deviation).toBeCloseTo(0.3739270364274675, 13);
    expect(interval?.low).toBeCloseTo(0.024889174383642076, 12);
    expect(interval?.high).toBeCloseTo(0.6501108256163579, 12);
  });

  test("two have an interval that is 12.7 deviations of the mean wide, one has none, none has no mean", () => {
    // The mean of 1 and 3 is 2, their deviation the root of 2, that of the mean 1.
    expect(summarize([1, 3]).interval?.high).toBeCloseTo(2 + 12.706204736174694, 9);
    expect(summarize([4])).toEqual({ n: 1, mean: 4, deviation: undefined, interval: undefined });
    expect(summarize([]).mean).toBeUndefined();
  });

  test("ties have themselves as mean and no width, and what is not finite is no value", () => {
    expect(summarize([0.1, 0.1, 0.1])).toEqual({
      n: 3,
      mean: 0.1,
      deviation: 0,
      interval: { low: 0.1, high: 0.1 },
    });
    expect(summarize([1, Number.NaN, 3, Number.POSITIVE_INFINITY]).n).toBe(2);
  });
});

describe("the sign-flip test", () => {
  test("tries all signs: by hand", () => {
    // Of 8 signs of 1, 2, 3, only all plus and all minus reach a sum of 6.
    expect(signFlipTest([1, 2, 3])).toBe(0.25);
    // Sums that are at least 4 away: +1+2+3, -1+2+3 and their opposites.
    expect(signFlipTest([-1, 2, 3])).toBe(0.5);
    expect(signFlipTest([])).toBe(1);
    expect(signFlipTest([5])).toBe(1);
  });

  // SciPy 1.17.1: stats.permutation_test(.., permutation_type="samples", n_resamples=inf).
  test("as SciPy has it, ties and zeros included", () => {
    expect(signFlipTest(eight)).toBe(0.0546875);
    expect(signFlipTest([1, 1, -1, 0, 2, 1])).toBe(0.3125);
    expect(signFlipTest([0, 0, 0])).toBe(1);
  });

  test("sums that differ by rounding alone are ties", () => {
    // 0.1 + 0.2 - 0.3 is not 0 in binary; all eight signs that give 0 and more count.
    expect(signFlipTest([0.1, 0.2, -0.3])).toBe(1);
  });

  test("beyond 16 it draws, near the exact p and never 0", () => {
    const twenty = [
      ...[-0.281, -0.542, -0.004, 0.33, 0.688, 0.175, -0.156, -0.272, 0.494, 0.937],
      ...[0.256, -0.497, -0.359, 0.92, 0.221, -0.746, 0.078, -0.462, -0.195, -0.124],
    ];
    // Exact, by counting sums of whole thousandths in Python: 0.83120. Drawn 20,000 times it scatters by 0.0027.
    expect(Math.abs(signFlipTest(twenty) - 0.8312034606933594)).toBeLessThan(0.011);
    const clear = Array.from({ length: 40 }, (_, n) => 1 + n / 100);
    expect(signFlipTest(clear)).toBe(1 / 20_001);
  });

  test("the least p is that of a difference without a contrary seed", () => {
    for (let n = 1; n <= 18; n += 1)
      expect(signFlipTest(Array.from({ length: n }, (_, at) => 1 + at))).toBe(leastSignFlipP(n));
    expect([3, 5, 6].map(leastSignFlipP)).toEqual([0.25, 0.0625, 0.03125]);
  });

  test("false alarms are as rare as the level says", () => {
    // All signs of eight sizes are equally likely where nothing is there: each p is reached as often as it says.
    const sizes = [0.31, 0.02, 0.57, 0.9, 0.13, 0.44, 0.71, 0.28];
    const ps = Array.from({ length: 256 }, (_, signs) =>
      signFlipTest(sizes.map((size, at) => ((signs >> at) & 1 ? size : -size))),
    );
    expect(ps.filter((p) => p <= 0.05).length).toBe(Math.floor(0.05 * 128) * 2);
  });
});

describe("Holm's correction", () => {
  test("by hand", () => {
    // Sorted 0.005, 0.01, 0.03, 0.04, times 4, 3, 2, 1; none falls below the one before.
    const found = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, at) => {
      expect(found[at]).toBeCloseTo(p, 14);
    });
    expect(holm([0.5, 0.5, 0.9])).toEqual([1, 1, 1]);
    expect(holm([])).toEqual([]);
  });

  test("as its definition, on what chance gives", () => {
    const ps = Array.from({ length: 30 }, (_, n) => ((n * 7919) % 101) / 1010 + 1e-4);
    const sorted = ps.toSorted((a, b) => a - b);
    holm(ps).forEach((corrected, at) => {
      const rank = sorted.indexOf(ps[at] ?? 0);
      const all = sorted.slice(0, rank + 1).map((p, j) => Math.min(1, (30 - j) * p));
      expect(corrected).toBeCloseTo(Math.max(...all), 14);
    });
  });
});

describe("the bootstrap", () => {
  test("is near SciPy's, the same each time, and silent below six", () => {
    // SciPy 1.17.1: stats.bootstrap(.., method="percentile", n_resamples=200000) gives 0.1000 and 0.5750.
    const found = new MeanBootstrap().interval(eight);
    expect(Math.abs((found?.low ?? 0) - 0.1)).toBeLessThan(0.013);
    expect(Math.abs((found?.high ?? 0) - 0.575)).toBeLessThan(0.013);
    expect(new MeanBootstrap().interval(eight)).toEqual(found);
    expect(new MeanBootstrap().interval(eight.slice(0, 5))).toBeUndefined();
    expect(new MeanBootstrap().interval([2, 2, 2, 2, 2, 2])).toEqual({ low: 2, high: 2 });
  });
});

describe("what seeds can ever show", () => {
  test.each([
    // 2 / 2^n times the comparisons has to be 0.05 at most.
    [3, 1, 0.25, false, 6],
    [6, 1, 0.03125, true, 6],
    [3, 23, 0.25, false, 10],
    [10, 23, 0.001953125, true, 10],
    [8, 6, 0.0078125, true, 8],
    [3, 276, 0.25, false, 14],
    [5, 500_000, 0.0625, false, undefined],
  ])("%i seeds, %i comparisons", (seeds, comparisons, leastP, isEnough, needed) => {
    const found = seedsSupport(seeds, comparisons);
    expect(found).toEqual({
      leastP,
      leastCorrected: Math.min(1, leastP * comparisons),
      isEnough,
      needed,
    });
  });
});

describe("the front of metric against cost", () => {
  const at = (cost: number, mean: number, reach?: number) => ({
    cost,
    mean,
    interval: reach === undefined ? undefined : { low: mean - reach, high: mean + reach },
  });

  test("has what no other beats, and perhaps what its interval lifts there", () => {
    const cells = [at(1, 0.5), at(2, 0.4, 0.05), at(2, 0.48, 0.05), at(3, 0.7), at(4, 0.7)];
    expect(paretoStandings(cells, "higher")).toEqual([
      ...["front", "behind", "perhaps", "front", "behind"],
    ]);
  });

  test("turns round where lower is better, and keeps those that are equal in both", () => {
    const cells = [at(1, 0.5), at(1, 0.5), at(2, 0.5), at(2, 0.45), at(3, 0.47, 0.03)];
    expect(paretoStandings(cells, "lower")).toEqual([
      ...["front", "front", "behind", "front", "perhaps"],
    ]);
  });

  test("as the definition, on what chance gives", () => {
    const cells = Array.from({ length: 60 }, (_, n) => at((n * 37) % 23, (n * 53) % 29));
    const isFront = ({ cost, mean }: { cost: number; mean: number }): boolean =>
      !cells.some(
        (one) => one.cost <= cost && one.mean >= mean && (one.cost < cost || one.mean > mean),
      );
    expect(paretoStandings(cells, "higher").map((one) => one === "front")).toEqual(
      cells.map(isFront),
    );
  });
});

const cell = (name: string, values: readonly (number | undefined)[]): CellValues => ({
  name,
  bySeed: new Map(values.flatMap((value, seed) => (value === undefined ? [] : [[seed, value]]))),
});

describe("comparisons", () => {
  const base = cell("base", [1, 2, 3, 4, 5, 6, 7, 8]);

  test("are paired by seed: what all seeds share falls out", () => {
    const shifted = cell("shifted", [1.1, 2.1, 3.1, 4.1, 5.1, 6.1, 7.1, 8.1]);
    const [found] = compareCells([[shifted, base]], "higher");
    expect(found?.summary.mean).toBeCloseTo(0.1, 12);
    expect(found?.summary.deviation).toBeCloseTo(0, 12);
    expect(found?.p).toBe(2 / 2 ** 8);
    expect(found?.verdict).toBe("better");
    expect(compareCells([[shifted, base]], "lower")[0]?.verdict).toBe("worse");
  });

  test("take the seeds that both have, and say how many are without a partner", () => {
    const some = cell("some", [2, undefined, 4, undefined, 6, 7, 8]);
    const [found] = compareCells([[some, base]], "higher");
    expect([found?.summary.n, found?.unpaired, found?.p]).toEqual([5, 3, 2 / 2 ** 5]);
    expect(found?.verdict).toBe("not told apart");
    expect(found?.bootstrap).toBeUndefined();
  });

  test("without a pair, or with a run that gave no number, nothing is tested", () => {
    const other = cell("other", [...new Array<undefined>(8), 3]);
    const broken = cell("broken", [9, 9, 9, 9, 9, 9, 9, Number.NaN]);
    const found = compareCells(
      [
        [other, base],
        [broken, base],
      ],
      "higher",
    );
    expect(found.map(({ verdict, p }) => [verdict, p])).toEqual([
      ["untested", undefined],
      ["untested", undefined],
    ]);
    expect(found[1]?.undefinedRuns).toBe(1);
    expect(found[1]?.summary.n).toBe(7);
  });

  test("are corrected together, the untested ones left out", () => {
    const up = cell("up", [2, 3, 4, 5, 6, 7, 8, 9]);
    const none = cell("none", []);
    const found = compareCells(
      [
        [up, base],
        [none, base],
        [up, base],
      ],
      "higher",
    );
    expect(found.map(({ corrected }) => corrected)).toEqual([4 / 2 ** 8, undefined, 4 / 2 ** 8]);
  });
});

describe("ranking", () => {
  const level = (name: string, height: number, seeds: number): CellValues =>
    cell(
      name,
      Array.from({ length: seeds }, (_, seed) => seed + height),
    );

  test("three seeds rank nothing and say how many would", () => {
    const cells = Array.from({ length: 24 }, (_, n) => level(`c${n}`, n, 3));
    const { support, ranks } = rankCells(cells, "higher");
    expect(ranks.size).toBe(0);
    expect(support).toMatchObject({ isEnough: false, pairs: 276, seeds: 3, needed: 14 });
  });

  test("eight seeds rank four cells as far as they differ", () => {
    const noisy = cell("noisy", [9, -9, 9, -9, 9, -9, 9, -9]);
    const cells = [level("a", 3, 8), level("b", 2, 8), level("c", 2, 8), noisy];
    const { ranks, toldApart } = rankCells(cells, "higher");
    expect([...ranks]).toEqual([
      ["a", 1],
      ["b", 2],
      ["c", 2],
      ["noisy", 1],
    ]);
    expect(toldApart).toBe(2);
  });

  test("a cell with a run that gave no number has no rank; one cell has nothing to be ranked with", () => {
    const broken = cell("broken", [9, 9, 9, 9, 9, 9, 9, Number.NaN]);
    const cells = [level("a", 3, 8), level("b", 2, 8), broken];
    expect([...rankCells(cells, "lower").ranks.keys()]).toEqual(["a", "b"]);
    expect(rankCells([level("a", 1, 8)], "lower")).toEqual({
      support: undefined,
      toldApart: 0,
      ranks: new Map(),
    });
  });
});

test("which way a metric is better", () => {
  const lower = ["loss", "held.loss", "caption.perplexity", "pixel_error", "depth.rmse"];
  const higher = ["vqa.accuracy", "emoji.image_r1", "caption.cider", "closs", "mme.perception"];
  expect(lower.map(directionOf)).toEqual(lower.map(() => "lower"));
  expect(higher.map(directionOf)).toEqual(higher.map(() => "higher"));
});
