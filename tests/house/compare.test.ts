import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compileFile } from "../../compiler/api/compile-file.ts";
import { compileStageFile } from "../../compiler/api/compile-stage-file.ts";
import { weightsIn } from "../support/graphs/stored-kinds.ts";

/** The scripts of `tests/compare` are plain JavaScript, so their types are said here. */
const script = (name: string): Promise<unknown> =>
  import(new URL(`../compare/${name}`, import.meta.url).href);

interface Work {
  readonly name: string;
  readonly weights: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly input: Readonly<Record<string, { readonly shape: readonly number[] }>>;
  readonly flops: number;
}

interface Fit {
  readonly coefficients: readonly number[];
  readonly rSquared: number;
}

const { works } = (await script("works/all-works.mjs")) as { readonly works: readonly Work[] };
const { leastSquares, relativeError } = (await script("statistics.mjs")) as {
  readonly leastSquares: (
    at: readonly number[],
    values: readonly number[],
    powers: readonly number[],
  ) => Fit;
  readonly relativeError: (values: readonly number[], expected: readonly number[]) => number;
};

interface Sweep {
  readonly name: string;
  readonly values: readonly number[];
  readonly at: (value: number) => number;
}

const { sweeps } = (await script("growth/sweeps.mjs")) as { readonly sweeps: readonly Sweep[] };
const { fitSweep } = (await script("growth/fit-sweep.mjs")) as {
  readonly fitSweep: (sweep: Sweep, points: readonly object[]) => object;
};
const { checkSweep } = (await script("growth/check-sweep.mjs")) as {
  readonly checkSweep: (sweep: Sweep, points: readonly object[], fit: object) => readonly string[];
};

/** What Weft runs of each work; decoding is given a token at a time by the loop of the comparison. */
const programs: Readonly<
  Record<string, { model: string; mode: string; sizes?: Record<string, number> }>
> = {
  gemm: { model: "Gemm", mode: "product" },
  block: { model: "OneBlock", mode: "forward" },
  vit: { model: "Vit", mode: "classify", sizes: { B: 8 } },
  decode: { model: "Decoder", mode: "greedy" },
};

const count = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

describe("the comparison with other libraries", () => {
  const forward = works.filter(({ name }) => name !== "train");

  test.each(forward.map((work) => [work.name, work] as const))(
    "%s: Weft and the others compute on the same tensors",
    (name, work) => {
      const program = programs[name];
      if (program === undefined) throw new Error(`there is no program for ${name}`);
      const file = fileURLToPath(new URL(`../compare/works/${name}.weft`, import.meta.url));
      const { artifact, diagnostics } = compileFile({ ...program, file });
      expect(diagnostics).toEqual([]);
      const sizesOf = (tensors: Work["weights"]) =>
        Object.fromEntries(
          Object.entries(tensors).map(([path, { shape }]) => [path, count(shape)]),
        );
      const own =
        artifact &&
        weightsIn(artifact).map(({ path, shape }) => [path, count(shape.map(({ size }) => size))]);
      expect(Object.fromEntries(own ?? [])).toEqual(sizesOf(work.weights));
      if (name === "decode") return;
      const inputs = artifact?.inputs.map(({ name, shape }) => [
        name,
        shape.map(({ size }) => size),
      ]);
      const given = Object.entries(work.input).map(([path, { shape }]) => [path, shape]);
      expect(inputs).toEqual(given);
      expect(2 * (artifact?.macs ?? 0)).toBe(work.flops);
    },
  );

  test("train: Weft trains the tensors that the others do, on the same images", () => {
    const work = works.find(({ name }) => name === "train");
    const file = fileURLToPath(new URL("../compare/works/train.weft", import.meta.url));
    const options = { file, stage: "classes", sizes: { B: 8 } };
    const { artifact, diagnostics } = compileStageFile(options, { purpose: "train" });
    expect(diagnostics).toEqual([]);
    const trained = artifact.stage.groups.flatMap(({ parameters }) => parameters);
    const numbers = trained.map(({ path, numbers }) => [path, numbers]);
    const weights = Object.entries(work?.weights ?? {});
    expect(Object.fromEntries(numbers)).toEqual(
      Object.fromEntries(weights.map(([path, { shape }]) => [path, count(shape)])),
    );
    const [pixels, labels] = artifact.inputs.map(({ shape }) => shape.map(({ size }) => size));
    expect([pixels, labels]).toEqual([work?.input.pixels?.shape, [8]]);
    // The way back of an attention makes its scores once more.
    const flops = 2 * artifact.macs;
    expect(flops / (work?.flops ?? 0)).toBeGreaterThan(1);
    expect(flops / (work?.flops ?? 0)).toBeLessThan(1.1);
  });

  test("fits find the curve that values lie on, and say how much of others they explain", () => {
    const at = [1, 2, 4, 8, 16];
    const exact = leastSquares(
      at,
      at.map((x) => 3 + 2 * x + 0.5 * x ** 2),
      [0, 1, 2],
    );
    [3, 2, 0.5].forEach((expected, index) => {
      expect(exact.coefficients[index]).toBeCloseTo(expected, 9);
    });
    expect(exact.rSquared).toBeCloseTo(1, 12);
    const bent = leastSquares(
      at,
      at.map((x) => x ** 2),
      [0, 1],
    );
    expect(bent.rSquared).toBeLessThan(0.98);
  });

  test("growth that is no line is told of", () => {
    const sweep = sweeps.find(({ name }) => name === "tokens");
    if (sweep === undefined) throw new Error("there is no sweep over tokens");
    const points = (arena: (at: number) => number) =>
      sweep.values.map(sweep.at).map((at) => ({
        at,
        leastMs: 1 + 0.7 * at + 1e-4 * at ** 2,
        macs: 0.7 * at + 1e-4 * at ** 2,
        arenaBytes: arena(at),
        weightBytes: 8e7 + 1536 * at,
        dispatches: 74,
        compileMs: 500,
      }));
    const broken = (arena: (at: number) => number) => {
      const measured = points(arena);
      return checkSweep(sweep, measured, fitSweep(sweep, measured));
    };
    expect(broken((at) => 9216 * at)).toEqual([]);
    expect(broken((at) => 9216 * at + 24 * at ** 2)).toEqual([
      "tokens: activations lie on a line: no matrix of scores",
    ]);
  });

  test("a result that is no number is as wrong as can be", () => {
    expect(relativeError([1, Number.NaN], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError([1], [1, 2])).toBe(Number.POSITIVE_INFINITY);
    expect(relativeError([1, 2], [1, 2])).toBe(0);
  });
});
