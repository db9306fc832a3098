import { describe, expect, test } from "vitest";
import { scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import { scheduleProgram } from "../../compiler/5-schedule/choose/schedule-program.ts";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { layOutIntermediates } from "../../compiler/5-schedule/rewrite/lay-out-intermediates.ts";
import { emitKernel } from "../../compiler/6-emit/wgsl/emit-kernel.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import { mapLoads } from "../../compiler/ir/expr/rewrite-expr.ts";
import type { Kernel } from "../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../compiler/ir/kernel/kernel-tensor.ts";
import type { PackingOf, ScheduledKernel } from "../../compiler/ir/schedule.ts";
import { scheduledBy } from "../support/kernels/compare-kernel.ts";
import { passContext, programOf } from "../support/kernels/fuse-graph.ts";
import {
  at,
  attention,
  contraction,
  layerNorm,
  load,
  patchEmbedding,
  reduced,
  SampleBuilder,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import { scaledBias } from "../support/kernels/sample-maps.ts";
import { graphics, software } from "../support/profiles.ts";

function schedule(sample: SampleKernel, profile: DeviceProfile): ScheduledKernel {
  return scheduleKernel(sample.kernel, sample.tensors, profile, () => undefined);
}

function broadcast(sample: SampleKernel, packingOf: PackingOf = () => undefined): ScheduledKernel {
  return scheduledBy("contract-broadcast", sample, graphics, packingOf);
}

describe("which schedule is taken", () => {
  test("without subgroups every engine has one that accepts", () => {
    for (const sample of [
      contraction(7, 5, 3),
      attention(1, 1, 3, 2),
      layerNorm(3, 5),
      scaledBias(2, 3),
    ]) {
      const chosen = schedule(sample, portableProfile);
      const last = schedulesOf(sample.kernel.engine.kind).at(-1);
      expect(chosen.schedule).toBe(last?.name);
      expect(chosen.refusals.length).toBe(schedulesOf(sample.kernel.engine.kind).length - 1);
    }
  });

  test("a refusal says why", () => {
    expect(schedule(contraction(4, 64, 64), portableProfile).refusals).toContainEqual({
      schedule: "contract-broadcast",
      because: "the device has no subgroups of a fixed size",
    });
    const small = schedule(contraction(8, 8, 64), software);
    expect(small.refusals.at(-1)?.because).toMatch(/too small to repay/);
  });

  test("work decides on software, the rows of a norm too", () => {
    expect(schedule(contraction(257, 192, 576), software).schedule).toBe("contract-broadcast");
    expect(schedule(contraction(8, 8, 64), graphics).schedule).toBe("contract-broadcast");
    expect(schedule(layerNorm(1576, 192), software).schedule).toBe("row-invocation");
    expect(schedule(layerNorm(8, 3200), software).schedule).toBe("row-subgroup");
    expect(schedule(layerNorm(1576, 192), graphics).schedule).toBe("row-subgroup");
  });

  test("hardware takes tiles in workgroup memory, as large as the matrix and its limits allow", () => {
    const nest = (m: number, k: number, n: number, profile = graphics) =>
      schedule(contraction(m, k, n), profile).nest;
    expect(nest(1025, 3200, 12800)).toMatchObject({ kind: "contract-tiled", rows: 128, steps: 16 });
    expect(nest(257, 3200, 3200)).toMatchObject({ kind: "contract-tiled", rows: 64, columns: 64 });
    expect(nest(40, 512, 9600)).toMatchObject({ kind: "contract-tiled", rows: 32 });
    expect(nest(4, 512, 9600)).toMatchObject({ kind: "contract-vector", repeats: 1 });
    const little = { ...graphics, maxComputeWorkgroupStorageSize: 8192 };
    expect(nest(1025, 3200, 12800, little)).toMatchObject({ rows: 128, steps: 8 });
    const few = { ...graphics, maxComputeInvocationsPerWorkgroup: 128 };
    expect(nest(1025, 3200, 12800, few)).toMatchObject({ rows: 32 });
    const none = { ...graphics, maxComputeWorkgroupStorageSize: 1024 };
    expect(nest(1025, 3200, 12800, none)).toMatchObject({ kind: "contract-broadcast" });
    expect(schedule(contraction(64, 512, 512), software).refusals).toContainEqual({
      schedule: "contract-tiled",
      because: "barriers are dear on a software device",
    });
  });

  test("long rows that are few are given a workgroup each on hardware", () => {
    expect(schedule(layerNorm(8, 3200), graphics).schedule).toBe("row-workgroup");
    expect(schedule(layerNorm(8, 3200), portableProfile).schedule).toBe("row-workgroup");
    expect(schedule(layerNorm(4096, 3200), graphics).schedule).toBe("row-subgroup");
    expect(schedule(layerNorm(8, 3200), software).refusals).toEqual([
      { schedule: "row-workgroup", because: "barriers are dear on a software device" },
    ]);
  });

  test("attention by the number of its queries", () => {
    const token = attention(1, 8, 1, 64, { keys: 256 });
    expect(schedule(token, software).schedule).toBe("attend-few");
    expect(schedule(token, graphics)).toMatchObject({
      schedule: "attend-split",
      workgroupSize: 256,
      workgroups: [8, 1, 1],
    });
    expect(schedule(token, portableProfile).schedule).toBe("attend-split");
    const image = attention(1, 25, 257, 128);
    expect(schedule(image, software).schedule).toBe("attend-broadcast");
    expect(schedule(image, portableProfile)).toMatchObject({
      schedule: "attend-tiled",
      workgroupSize: 64,
      workgroups: [9, 1, 25],
    });
    expect(schedule(token, software).refusals).toEqual([
      { schedule: "attend-split", because: "barriers are dear on a software device" },
    ]);
    expect(schedule(attention(1, 2, 1, 8, { keys: 16 }), graphics).schedule).toBe("attend-few");
    expect(schedule(attention(1, 2, 1, 8, { keys: 16 }), software).schedule).toBe("attend-direct");
    const wide = schedule(attention(1, 2, 257, 320), portableProfile);
    expect(wide.schedule).toBe("attend-direct");
    expect(wide.refusals.at(-1)?.schedule).toBe("attend-broadcast");
  });

  test("a weight that lies by column is asked for turned round, its lines in fours", () => {
    const { packings } = broadcast(contraction(64, 64, 130));
    expect(packings).toEqual([
      { tensor: 1, packing: { kind: "transposed", rows: 130, columns: 64, stride: 132 } },
    ]);
    expect(broadcast(patchEmbedding(42, 14, 64, 1)).packings).toEqual([
      { tensor: 1, packing: { kind: "transposed", rows: 64, columns: 588, stride: 64 } },
    ]);
  });

  test("no packing is asked for what is no parameter, lies well already, or is decided", () => {
    expect(broadcast(contraction(64, 64, 128, { rightRole: "input" })).packings).toEqual([]);
    expect(broadcast(contraction(64, 64, 128, { right: "by-inner" })).packings).toEqual([]);
    const decided = broadcast(contraction(64, 64, 128), () => ({ kind: "row-major" }));
    expect(decided.packings).toEqual([]);
  });

  test("where prefill and decoding share a weight, decoding decides how it lies", () => {
    const build = new SampleBuilder();
    const w = build.tensor("parameter", [512, 512]);
    const product = (rows: number) => {
      const [r, c, k] = [build.axis(rows), build.axis(512), build.axis(512)];
      const x = build.tensor("input", [rows, 512]);
      const y = build.tensor("output", [rows, 512]);
      return build.done(
        `product of ${rows}`,
        {
          kind: "contract",
          batch: [],
          rows: [r],
          columns: [c],
          inner: [k],
          left: load(x, at(r), at(k)),
          right: load(w, at(c), at(k)),
        },
        [{ tensor: y, at: [at(r), at(c)], value: reduced(0) }],
      ).kernel;
    };
    const [prefill, decode] = [product(64), product(1)];
    const packed = (kernels: readonly Kernel[]) =>
      scheduleProgram(programOf(build.tensors, kernels), software);
    expect(packed([prefill]).packingOf(w).kind).toBe("transposed");
    const both = packed([prefill, decode]);
    expect(both.packingOf(w)).toEqual({ kind: "interleaved", columns: 512, lines: 4, run: 32 });
    expect(both.kernels.map(({ schedule: name }) => name)).toEqual([
      "contract-broadcast",
      "contract-vector",
    ]);
  });

  test("more workgroups than a dimension has are folded, and none are dispatched for nothing", () => {
    const narrow = { ...portableProfile, maxComputeWorkgroupsPerDimension: 10 };
    expect(schedule(scaledBias(1023, 1), narrow).workgroups).toEqual([8, 2, 1]);
    for (const sample of [
      scaledBias(0, 4),
      contraction(0, 4, 64),
      attention(1, 2, 0, 4),
      layerNorm(0, 8),
    ]) {
      for (const profile of [portableProfile, graphics]) {
        const chosen = schedule(sample, profile);
        expect(chosen.workgroups).toContain(0);
        const emitted = emitKernel(chosen, sample.tensors, () => undefined, profile);
        expect(emitted.bindings).toEqual([]);
      }
    }
  });

  test("fours are used exactly where elements lie together", () => {
    const vectorOf = (sample: SampleKernel): number | undefined => {
      const { nest } = schedule(sample, portableProfile);
      return "vector" in nest ? nest.vector : undefined;
    };
    expect(vectorOf(scaledBias(5, 8))).toBe(4);
    expect(vectorOf(scaledBias(7, 5))).toBe(1);
    expect(vectorOf(layerNorm(3, 12))).toBe(4);
    expect(vectorOf(layerNorm(3, 13))).toBe(1);
    expect(vectorOf(contraction(3, 8, 8, { right: "by-inner" }))).toBe(4);
    expect(vectorOf(contraction(3, 8, 8))).toBe(1);
  });
});

test("the text depends on no tensor's number or name", () => {
  const sample = contraction(33, 40, 36, { epilogue: true });
  const moved = renumbered(sample, 17);
  for (const profile of [portableProfile, graphics]) {
    const emit = (from: SampleKernel) =>
      emitKernel(schedule(from, profile), from.tensors, () => undefined, profile);
    const [first, second] = [emit(sample), emit(moved)];
    expect(second.wgsl).toBe(first.wgsl);
    expect(second.tensors).toEqual(first.tensors.map((tensor) => tensor + 17));
  }
});

test("a product with the weight written first is laid out with its columns innermost", () => {
  const build = new SampleBuilder();
  const [tokens, outputs, inner] = [build.axis(5), build.axis(6), build.axis(7)];
  const x = build.tensor("input", [5, 7]);
  const w = build.tensor("parameter", [6, 7]);
  const between = build.tensor("intermediate", [6, 5]);
  const product = build.done(
    "product",
    {
      kind: "contract",
      batch: [],
      rows: [tokens],
      columns: [outputs],
      inner: [inner],
      left: load(x, at(tokens), at(inner)),
      right: load(w, at(outputs), at(inner)),
    },
    [{ tensor: between, at: [at(outputs), at(tokens)], value: reduced(0) }],
  );
  const y = build.tensor("output", [6, 5]);
  const copy = build.done("copy", { kind: "map", grid: [outputs, tokens] }, [
    { tensor: y, at: [at(outputs), at(tokens)], value: load(between, at(outputs), at(tokens)) },
  ]);
  const program = layOutIntermediates.run(
    programOf(build.tensors, [product.kernel, copy.kernel]),
    passContext(),
  );
  expect(program.tensors[between]?.shape).toEqual([5, 6]);
  expect(program.tensors[y]?.shape).toEqual([6, 5]);
  expect(program.kernels[0]?.stores[0]?.at).toEqual([at(tokens), at(outputs)]);
  expect(program.kernels[1]?.stores[0]?.value).toEqual(load(between, at(tokens), at(outputs)));
});

/** The same kernel over tensors with numbers that are `by` higher and with other names. */
function renumbered(sample: SampleKernel, by: number): SampleKernel {
  const { engine } = sample.kernel;
  if (engine.kind !== "contract") throw new Error("only contractions are renumbered here");
  const move = (expr: Parameters<typeof mapLoads>[0]) =>
    mapLoads(expr, (leaf) => ({ ...leaf, tensor: leaf.tensor + by }));
  const kernel: Kernel = {
    ...sample.kernel,
    engine: { ...engine, left: move(engine.left), right: move(engine.right) },
    stores: sample.kernel.stores.map((store) => ({
      ...store,
      tensor: store.tensor + by,
      value: move(store.value),
    })),
  };
  // Each stands at its number, behind as many that nothing reads.
  const [first] = sample.tensors as [KernelTensor];
  const before = Array.from({ length: by }, (_, id) => ({ ...first, id, name: `unread${id}` }));
  const moved = sample.tensors.map((tensor) => ({
    ...tensor,
    id: tensor.id + by,
    name: `other${tensor.id}`,
  }));
  const tensors: KernelTensor[] = [...before, ...moved];
  return { ...sample, kernel, tensors };
}
