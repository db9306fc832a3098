import { describe, expect, test } from "vitest";
import { quantizeWeights } from "../../compiler/5-schedule/rewrite/quantize-weights.ts";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import { type CompileRequest, compile } from "../../compiler/compile.ts";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import { call, intConstant } from "../../compiler/ir/expr/expr.ts";
import { interpretKernels } from "../../compiler/ir/kernel/interpret-kernel.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import { decodeNumbers, encodeInto } from "../../runtime/execute/storage.ts";
import { quantizeGroups } from "../../runtime/numbers/quantize.ts";
import { relativeError, seededRandom } from "../support/kernels/compare-kernel.ts";
import { passContext, programOf } from "../support/kernels/fuse-graph.ts";
import {
  at,
  contraction,
  load,
  reduced,
  SampleBuilder,
} from "../support/kernels/sample-kernels.ts";

const group = 32;

function quantized(numbers: Float32Array, storage: "i8" | "i4") {
  const whole = new Int32Array(numbers.length);
  const scales = new Float32Array(numbers.length / group);
  const { error, norm } = quantizeGroups(numbers, storage, group, whole, scales);
  const back = Float64Array.from(whole, (value, n) => value * (scales[Math.floor(n / group)] ?? 0));
  return { whole, scales, back, error, norm };
}

describe("rounding to few bits", () => {
  const random = seededRandom(5);
  const numbers = Float32Array.from({ length: 64 * group }, () => random() + random() - 1);

  test.each([
    ["i8", 127, 0.5, 0.006],
    ["i4", 7, 1, 0.12],
  ] as const)("%s stays within steps of its scale", (storage, most, steps, share) => {
    const { whole, scales, back, error, norm } = quantized(numbers, storage);
    for (const [n, number] of numbers.entries()) {
      const scale = Math.abs(scales[Math.floor(n / group)] ?? 0);
      expect(Math.abs((back[n] ?? 0) - number)).toBeLessThanOrEqual(scale * steps * (1 + 1e-5));
      expect(Math.abs(whole[n] ?? 99)).toBeLessThanOrEqual(storage === "i4" ? 8 : most);
    }
    expect(Math.sqrt(error / norm)).toBeLessThan(share);
    expect(Math.sqrt(error / norm)).toBeCloseTo(relativeError(back, Float64Array.from(numbers)), 6);
  });

  test("multiples of a scale, zeros and one large number", () => {
    const exact = Float32Array.from({ length: 2 * group }, (_, n) =>
      n < group ? (n % 15) - 7 : n === group ? -8 : 0,
    );
    for (const storage of ["i8", "i4"] as const) {
      const { error } = quantized(exact, storage);
      expect(error).toBeLessThan(storage === "i4" ? 1e-12 : 0.2);
    }
    expect([...quantized(new Float32Array(group), "i4").back]).toEqual(Array(group).fill(0));
  });

  test("a number that is not finite stays visible", () => {
    const { back, error } = quantized(
      Float32Array.from({ length: group }, (_, n) => 1 / n),
      "i8",
    );
    expect(back.every(Number.isNaN)).toBe(true);
    expect(error).toBeNaN();
  });

  test.each(["i8", "i4"] as const)("%s come out of their bytes as they went in", (storage) => {
    const most = storage === "i8" ? 127 : 7;
    const whole = Int32Array.from({ length: 64 }, (_, n) => ((n * 37) % (2 * most + 1)) - most);
    const bytes = new Uint8Array(storage === "i8" ? 72 : 40);
    encodeInto(bytes, 8, whole, storage);
    expect([...bytes.subarray(0, 8)]).toEqual(Array(8).fill(0));
    expect([...decodeNumbers(bytes.slice(8), storage, 64)]).toEqual([...whole]);
  });
});

describe("which weights are quantised", () => {
  const run = (kernels: readonly Kernel[], tensors: KernelProgram["tensors"], most = 16) => {
    const result = quantizeWeights.run(
      programOf(tensors, kernels),
      passContext({ maxStorageBuffersPerShaderStage: most }, { storage: "i8", group }),
    );
    verifyKernels(result, "the test");
    return result;
  };
  const storages = ({ tensors }: KernelProgram) => tensors.map(({ storage }) => storage);

  test("right operands whose last dimensions are summed over", () => {
    const by = contraction(2, 64, 36);
    expect(storages(run([by.kernel], by.tensors))[1]).toBe("i8");
    const turned = contraction(2, 64, 36, { right: "by-inner" });
    expect(storages(run([turned.kernel], turned.tensors))[1]).toBe("f32");
    const odd = contraction(2, 60, 36);
    expect(storages(run([odd.kernel], odd.tensors))[1]).toBe("f32");
    const few = contraction(2, 32, 8);
    expect(storages(run([few.kernel], few.tensors))[1]).toBe("f32");
    const activations = contraction(2, 64, 36, { rightRole: "input" });
    expect(storages(run([activations.kernel], activations.tensors))[1]).toBe("f32");
  });

  test("a kernel that may bind no more keeps its weights", () => {
    const { kernel, tensors } = contraction(2, 64, 36);
    expect(storages(run([kernel], tensors, 3))[1]).toBe("f32");
    expect(storages(run([kernel], tensors, 4))[1]).toBe("i8");
  });

  test("groups may run over several axes", () => {
    const build = new SampleBuilder();
    const [r, c, h, d] = [build.axis(3), build.axis(40), build.axis(4), build.axis(16)];
    const x = build.tensor("input", [3, 4, 16]);
    const w = build.tensor("parameter", [40, 4, 16]);
    const y = build.tensor("output", [3, 40]);
    const sample = build.done(
      "heads",
      {
        kind: "contract",
        batch: [],
        rows: [r],
        columns: [c],
        inner: [h, d],
        left: load(x, at(r), at(h), at(d)),
        right: load(w, at(c), at(h), at(d)),
      },
      [{ tensor: y, at: [at(r), at(c)], value: reduced(0) }],
    );
    const program = run([sample.kernel], sample.tensors);
    expect(program.tensors[3]).toMatchObject({ shape: [40, 2], scalesOf: { tensor: w, group } });
    const random = seededRandom(9);
    const numbers = Float32Array.from({ length: 40 * 64 }, () => random() - 0.5);
    const { whole, scales, back } = quantized(numbers, "i8");
    const input = Float64Array.from({ length: 3 * 64 }, () => random() - 0.5);
    const given = new Map([
      [x, input],
      [w, Float64Array.from(whole)],
      [3, Float64Array.from(scales)],
    ]);
    const wide = programOf(sample.tensors, [sample.kernel]);
    const wanted = interpretKernels(wide, new Map([...given, [w, back]])).get(y);
    const found = interpretKernels(program, given).get(y);
    expect(relativeError(found ?? new Float64Array(), wanted ?? new Float64Array())).toBeLessThan(
      1e-12,
    );
  });

  test("a table that is looked up and multiplied with is read through its scales in both", () => {
    const product = contraction(2, 64, 36);
    const axes = [
      { id: loopId(0), name: "n", extent: 5 },
      { id: loopId(1), name: "d", extent: 64 },
    ] as const;
    const row = call("mul", [at(axes[0]), intConstant(7)], "i32");
    const picked = {
      id: 9,
      name: "picked",
      role: "output",
      shape: [5, 64],
      storage: "f32",
    } as const;
    const tensors = [...product.tensors];
    const id = tensors.length;
    const lookUp: Kernel = {
      ...product.kernel,
      name: "look up",
      engine: { kind: "map", grid: axes },
      stores: [{ tensor: id, at: axes.map(at), value: load(1, row, at(axes[1])) }],
    };
    const program = run([product.kernel, lookUp], [...tensors, { ...picked, id }]);
    expect(storages(program)[1]).toBe("i8");
    expect(program.kernels[1]?.stores[0]?.value).toMatchObject({ kind: "call", fn: "mul" });
  });
});

describe("a small LLaMA in few bits", () => {
  const request: Omit<CompileRequest, "loader"> = {
    entry: "models/llama/llama.weft",
    model: "Llama_tiny",
    mode: "generate",
    sizes: { N: 5 },
    // What software devices and most others bind; with the 8 that every device has, less is merged.
    profile: { ...portableProfile, maxStorageBuffersPerShaderStage: 16 },
  };
  const compiled = (quantize: "int8" | "int4" | undefined) => {
    const loader = diskLoader(process.cwd());
    const { artifact, diagnostics } = compile({
      ...request,
      loader,
      ...(quantize && { quantize }),
    });
    expect(diagnostics).toEqual([]);
    if (artifact === undefined) throw new Error("no artifact");
    return artifact;
  };

  test("no tensor between kernels is as large as a weight, and no dispatch is added", () => {
    const wide = compiled(undefined);
    const narrow = compiled("int8");
    const smallest = 64 * 64;
    const counted = narrow.stored.filter(({ quantized }) => quantized !== undefined);
    expect(counted.length).toBe(29);
    for (const { name, buffer, shape } of narrow.program.tensors) {
      if (narrow.program.buffers[buffer]?.role !== "arena") continue;
      const elements = shape.reduce((product, extent) => product * extent, 1);
      expect(elements, name).toBeLessThan(smallest);
    }
    expect(narrow.program.dispatches.length).toBeLessThanOrEqual(wide.program.dispatches.length);
    const bytes = [wide, narrow, compiled("int4")].map(({ program }) => program.plan.weightBytes);
    console.log(`weights of Llama_tiny as f32, int8, int4: ${bytes.join(", ")} bytes`);
    expect((bytes[1] ?? 0) / (bytes[0] ?? 1)).toBeLessThan(0.5);
    expect((bytes[2] ?? 0) / (bytes[1] ?? 1)).toBeLessThan(0.8);
  });
});
