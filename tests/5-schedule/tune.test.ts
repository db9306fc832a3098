import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { applyChoice, scheduleKernel } from "../../compiler/5-schedule/choose/choose-schedule.ts";
import { predictTime } from "../../compiler/5-schedule/choose/predict-time.ts";
import { tuningKey } from "../../compiler/5-schedule/choose/tuned-table.ts";
import {
  tuningBounds,
  tuningCandidates,
  tuningTasks,
} from "../../compiler/5-schedule/choose/tuning-candidates.ts";
import { schedulesOf } from "../../compiler/5-schedule/engines/scheduling-registry.ts";
import { bucketOf } from "../../compiler/5-schedule/engines/tuning-key.ts";
import { isolateKernel } from "../../compiler/5-schedule/kernel-program/isolate-kernel.ts";
import { compileCached } from "../../compiler/api/compile-cached.ts";
import { PlanCache } from "../../compiler/api/load/plan-cache.ts";
import { parseTuned, tunedText } from "../../compiler/api/load/tuned-file.ts";
import type {
  DeviceProfile,
  ScheduleChoice,
  TunedTable,
} from "../../compiler/ir/device-profile.ts";
import type { KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import { gemmArtifact } from "../../compiler/tune/gemm-artifact.ts";
import { programOf } from "../../compiler/tune/tune-kernels.ts";
import { richSamples } from "../support/kernels/sample-contractions.ts";
import {
  attention,
  contraction,
  layerNorm,
  type SampleKernel,
} from "../support/kernels/sample-kernels.ts";
import { graphics, software } from "../support/profiles.ts";

const rates = { gigabytesPerSecond: 10, gflops: 100, dispatchMicroseconds: 10 };
const undecided = () => undefined;

const folder = mkdtempSync(join(tmpdir(), "weft-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const keyOf = ({ kernel, tensors }: SampleKernel) => tuningKey(kernel, tensors);

function tableFor(sample: SampleKernel, choice: ScheduleChoice): TunedTable {
  const key = keyOf(sample) ?? "";
  return { [key]: { ...choice, microseconds: 1, heuristicMicroseconds: 2 } };
}

function scheduleWith(sample: SampleKernel, tuned: TunedTable, profile = software) {
  return scheduleKernel(sample.kernel, sample.tensors, { ...profile, tuned }, undecided);
}

describe("keys", () => {
  test("of a product say its sizes, how they are stored and how weights lie", () => {
    expect(keyOf(contraction(257, 320, 960))).toBe(
      "contract <=512x320x960 of f32 by f32 weights by inner to f32",
    );
    expect(keyOf(contraction(3, 64, 32, { storage: "f16", right: "by-inner", batch: 20 }))).toBe(
      "contract 3x64x32 batch <=32 of f16 by f16 weights by column to f16",
    );
    expect(keyOf(contraction(3, 64, 32, { rightRole: "input" }))).toContain("values by inner");
  });

  test("of an attention say heads, queries, keys and widths", () => {
    expect(keyOf(attention(1, 25, 257, 128))).toBe("attend <=32x<=512x<=512x128x128 of f32 to f32");
    expect(keyOf(attention(1, 4, 9, 16, { mask: "causal" }))).toContain(" masked ");
  });

  test("are equal for calls of about one length, and different for other weights", () => {
    expect(keyOf(contraction(300, 320, 960))).toBe(keyOf(contraction(257, 320, 960)));
    expect(keyOf(contraction(256, 320, 960))).not.toBe(keyOf(contraction(257, 320, 960)));
    expect(keyOf(contraction(257, 320, 961))).not.toBe(keyOf(contraction(257, 320, 960)));
    const rich = richSamples().map(keyOf);
    expect(rich.some((key) => key?.includes(" products 2 "))).toBe(true);
    expect(rich.some((key) => key?.includes(" statistics "))).toBe(true);
  });

  test("are not there for other engines, nor where nothing is computed", () => {
    expect(keyOf(layerNorm(3, 5))).toBeUndefined();
    expect(keyOf(contraction(0, 5, 3))).toBeUndefined();
  });

  test("buckets are exact where tiles are small", () => {
    expect([1, 4, 16, 17, 32, 33, 257].map(bucketOf)).toEqual([
      "1",
      "4",
      "16",
      "<=32",
      "<=32",
      "<=64",
      "<=512",
    ]);
  });
});

describe("candidates", () => {
  const samples = [
    contraction(257, 320, 960),
    contraction(1, 320, 960),
    attention(1, 25, 257, 128),
    attention(1, 8, 1, 64, { keys: 300 }),
    ...richSamples(),
  ];

  test.each([
    ["a software device", software],
    ["a graphics card", graphics],
  ])("are few and begin with the schedules' own choice on %s", (_, profile) => {
    for (const { kernel, tensors } of samples) {
      const plan = tuningCandidates(kernel, tensors, profile, rates);
      expect(plan.considered).toBeLessThanOrEqual(tuningBounds.considered);
      expect(plan.candidates.length).toBeLessThanOrEqual(tuningBounds.measured);
      const [own, ...others] = plan.candidates;
      const wanted = scheduleKernel(kernel, tensors, profile, undecided);
      expect(own?.choice).toBeUndefined();
      expect(own?.scheduled.nest).toEqual(wanted.nest);
      const times = others.map((other) => other.predictedMicroseconds);
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      const nests = plan.candidates.map(({ scheduled }) => JSON.stringify(scheduled));
      expect(new Set(nests).size).toBe(nests.length);
    }
  });

  test("the model leaves out one row at a time where hundreds share each weight", () => {
    const { kernel, tensors } = contraction(257, 320, 960);
    const plan = tuningCandidates(kernel, tensors, software, rates);
    expect(plan.considered).toBeGreaterThan(plan.candidates.length);
    expect(plan.candidates.map(({ scheduled }) => scheduled.schedule)).not.toContain(
      "contract-direct",
    );
  });

  test("the prediction grows with the work and falls with the rates", () => {
    const time = (rows: number, gflops: number) => {
      const { kernel, tensors } = contraction(rows, 320, 960);
      const scheduled = scheduleKernel(kernel, tensors, software, undecided);
      return predictTime(scheduled, tensors, software, { ...rates, gflops });
    };
    expect(time(512, 100)).toBeGreaterThan(1.5 * time(256, 100));
    expect(time(256, 50)).toBeGreaterThan(1.5 * time(256, 100));
  });

  test("every one gives its schedule exactly its numbers, for other sizes of the bucket too", () => {
    for (const profile of [software, graphics]) {
      for (const { kernel, tensors } of samples) {
        for (const schedule of schedulesOf(kernel.engine.kind)) {
          const listed = schedule.tuning?.candidates(kernel, profile) ?? [];
          for (const numbers of listed) {
            const choice = { schedule: schedule.name, numbers };
            const result = applyChoice(kernel, tensors, profile, undecided, choice);
            if ("because" in result) continue;
            const nest: Record<string, unknown> = { ...result.nest };
            for (const name of ["rows", "unroll", "steps", "columns"])
              if (name in numbers) expect(nest[name]).toBe(numbers[name]);
            if ("invocations" in numbers) expect(result.workgroupSize).toBe(numbers.invocations);
          }
        }
      }
    }
  });
});

describe("the table", () => {
  const sample = contraction(257, 320, 960);

  test("goes before what the schedules choose", () => {
    const own = scheduleWith(sample, {});
    expect(own.nest).toMatchObject({ kind: "contract-broadcast", rows: 16 });
    const choice = { schedule: "contract-broadcast", numbers: { rows: 32, unroll: 1 } };
    const tuned = scheduleWith(sample, tableFor(sample, choice));
    expect(tuned.nest).toMatchObject({ kind: "contract-broadcast", rows: 32 });
    expect(tuned.refusals).toEqual([]);
    expect(tuned.workgroups[0]).toBe(9);
    const direct = scheduleWith(
      sample,
      tableFor(sample, { schedule: "contract-direct", numbers: {} }),
    );
    expect(direct.schedule).toBe("contract-direct");
  });

  test("says nothing about other kernels", () => {
    const choice = { schedule: "contract-direct", numbers: {} };
    const other = contraction(257, 320, 964);
    expect(scheduleWith(other, tableFor(sample, choice))).toEqual(scheduleWith(other, {}));
  });

  test.each([
    [
      "a schedule that is gone",
      { schedule: "contract-magic", numbers: {} },
      /no schedule contract-magic/,
    ],
    [
      "numbers that are gone",
      { schedule: "contract-broadcast", numbers: { rows: 13, unroll: 1 } },
      /rows 13/,
    ],
    [
      "numbers that are too few",
      { schedule: "contract-broadcast", numbers: {} },
      /no such numbers/,
    ],
    [
      "a schedule that refuses",
      { schedule: "contract-tiled", numbers: { rows: 64, columns: 64, steps: 32 } },
      /barriers/,
    ],
  ])("with %s is passed over, and it is said why", (_, choice, because) => {
    const { refusals, ...scheduled } = scheduleWith(sample, tableFor(sample, choice));
    const { refusals: usual, ...own } = scheduleWith(sample, {});
    expect(scheduled).toEqual(own);
    expect(refusals).toEqual([
      { schedule: "tuned table", because: expect.stringMatching(because) },
      ...usual,
    ]);
  });

  test("reaches the kernels of a program", () => {
    const gemm = { m: 257, k: 320, n: 960, precision: "f32" } as const;
    let program: KernelProgram | undefined;
    const plain = gemmArtifact(gemm, software, (kernels) => {
      program = kernels;
    });
    const [task] = program === undefined ? [] : tuningTasks(program);
    const tuned = { [task?.key ?? ""]: entry };
    const artifact = gemmArtifact(gemm, { ...software, tuned });
    expect(plain.program.dispatches[0]?.workgroups[0]).toBe(17);
    expect(artifact.program.dispatches[0]?.workgroups[0]).toBe(9);
  });

  test("is part of what a kept program is found by", async () => {
    const file = join(folder, "gemm.weft");
    const text = `import { normal } from "std/initializers"
      model M() {
        axis K = 320
        axis N = 960
        param weight: [N, K] = normal(std: 1.0)
        mode forward(x: [B, K]) -> [B, N] { sum{K}(x * weight) }
      }`;
    writeFileSync(file, text);
    const cache = new PlanCache(join(folder, "plans"));
    const options = { file, model: "M", mode: "forward", sizes: { B: 257 } };
    const rowsWith = async (profile: DeviceProfile) => {
      const { artifact, diagnostics } = await compileCached(options, profile, { cache });
      expect(diagnostics).toEqual([]);
      return artifact?.program.dispatches[0]?.workgroups[0];
    };
    const key = "contract <=512x320x960 of f32 by f32 weights by inner to f32";
    expect(await rowsWith(software)).toBe(17);
    expect(await rowsWith({ ...software, tuned: { [key]: entry } })).toBe(9);
    expect(await rowsWith(software)).toBe(17);
  });
});

test("a kernel by itself keeps its key, its schedule and its weights", () => {
  for (const { kernel, tensors } of [
    contraction(257, 320, 960, { epilogue: true }),
    ...richSamples(),
  ]) {
    const alone = isolateKernel(kernel, tensors);
    const [own] = alone.kernels;
    if (own === undefined) throw new Error("the kernel is gone");
    expect(tuningKey(own, alone.tensors)).toBe(tuningKey(kernel, tensors));
    const key = tuningKey(own, alone.tensors) ?? "";
    expect(programOf(alone, key, undefined, software).kernels[0]?.schedule).toBe(
      scheduleKernel(kernel, tensors, software, undecided).schedule,
    );
    const direct = { schedule: "contract-direct", numbers: {} };
    expect(programOf(alone, key, direct, software).kernels[0]?.schedule).toBe("contract-direct");
  }
});

test("equal kernels are tuned once", () => {
  const { kernel, tensors } = contraction(7, 8, 12);
  const norm = layerNorm(3, 5).kernel;
  const tasks = tuningTasks({ tensors, kernels: [kernel, kernel, norm], steps: [] });
  expect(tasks.map(({ count }) => count)).toEqual([2]);
});

describe("the file", () => {
  const entry = {
    schedule: "contract-broadcast",
    numbers: { rows: 32, unroll: 1 },
    microseconds: 1.5,
    heuristicMicroseconds: 2,
  };
  const table = { b: entry, a: { ...entry, schedule: "contract-direct", numbers: {} } };

  test("comes back as it was, and is the same text in any order", () => {
    const text = tunedText(table, "a device", "key");
    expect(parseTuned(text, "key", "a device")).toEqual({ table });
    expect(tunedText({ a: table.a, b: table.b }, "a device", "key")).toBe(text);
  });

  test.each([
    ["no JSON", "{", /no JSON/],
    ["something else", "[1]", /no table/],
    ["a table without entries", JSON.stringify({ format: 1, key: "key" }), /no table/],
    ["another format", JSON.stringify({ format: 2, key: "key", entries: {} }), /format is 2/],
    ["another adapter", tunedText(table, "Big GPU", "other"), /"Big GPU", not on this a device/],
    [
      "an entry that is no choice",
      tunedText({ x: { ...entry, numbers: { rows: 1.5 } } }, "", "key"),
      /"x" is no choice/,
    ],
    [
      "a time that is none",
      tunedText({ x: { ...entry, microseconds: -1 } }, "", "key"),
      /"x" is no choice/,
    ],
  ])("with %s does not count", (_, text, problem) => {
    expect(parseTuned(text, "key", "a device")).toEqual({
      problem: expect.stringMatching(problem),
    });
  });
});

/** Wider tiles than a software device takes by itself: half as many workgroups. */
const entry = {
  schedule: "contract-broadcast",
  numbers: { rows: 32, unroll: 1 },
  microseconds: 1,
  heuristicMicroseconds: 2,
};
