import { describe, expect, test } from "vitest";
import { planMemory } from "../../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../../compiler/5-schedule/memory/verify-plan.ts";
import { joinPrograms } from "../../../compiler/5-schedule/rewrite/join-programs.ts";
import { splitTensors } from "../../../compiler/5-schedule/split/split-tensors.ts";
import { portableProfile } from "../../../compiler/ir/device-profile.ts";
import type { Axis, Value } from "../../../compiler/ir/graph/graph.ts";
import { interpretKernels } from "../../../compiler/ir/kernel/interpret-kernel.ts";
import type { Kernel, KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import { writesOf } from "../../../compiler/ir/kernel/kernel-tensors.ts";
import type { ReferenceTensor } from "../../../compiler/ops/define-op.ts";
import { optimize } from "../../support/graphs/optimize.ts";
import { Sketch } from "../../support/graphs/sketch.ts";
import { compareKernels, randomFeeds, tensorsOf } from "../../support/kernels/compare-kernels.ts";
import { interfaceOf, passContext } from "../../support/kernels/fuse-graph.ts";

const rowMajor = { kind: "row-major" } as const;

/** Fuses, compares outputs and states with the float64 graph, and proves the plan. */
function checked(
  s: Sketch,
  outputs: Readonly<Record<string, Value>>,
  positions: ReadonlyMap<Value, readonly number[]> = new Map(),
): KernelProgram {
  const graph = s.graph(outputs);
  const optimized = optimize(graph, s);
  const feeds = new Map<Value, ReferenceTensor>(randomFeeds(graph, s.extent));
  for (const [value, data] of positions)
    feeds.set(value, { type: value.type, data: Float64Array.from(data) });
  const fused = compareKernels(graph, optimized, s.extent, feeds, {});
  verifyPlan(
    fused,
    planMemory(fused, () => rowMajor, portableProfile),
  );
  // Cut into small bindings it means the same.
  const given = tensorsOf(graph, optimized, fused, feeds);
  const whole = interpretKernels(fused, given);
  const cut = splitTensors.run(fused, passContext({ maxStorageBufferBindingSize: 256 }));
  expect(cut.kernels.length).toBeGreaterThanOrEqual(fused.kernels.length);
  verifyPlan(
    cut,
    planMemory(cut, () => rowMajor, portableProfile),
  );
  const changing = interfaceOf(fused).stored.filter(
    (tensor) => fused.tensors[tensor]?.role === "state",
  );
  for (const state of changing) {
    expect(stateOf(cut, given, state)).toEqual(whole.get(state));
  }
  return fused;
}

/** The state after a program that knows it in parts. */
function stateOf(
  program: KernelProgram,
  given: ReadonlyMap<number, Float64Array>,
  state: number,
): Float64Array | undefined {
  const parts = program.tensors.filter(({ partOf }) => partOf?.tensor !== undefined);
  const own = new Map(given);
  for (const { id, shape, partOf } of parts) {
    const count = shape.reduce((a, b) => a * b, 1);
    const whole = given.get(partOf?.tensor ?? -1);
    if (partOf && whole) own.set(id, whole.slice(partOf.first, partOf.first + count));
  }
  const results = interpretKernels(program, own);
  const result = results.get(state)?.slice();
  for (const { id, partOf } of parts) {
    const part = results.get(id);
    if (partOf?.tensor === state && part) result?.set(part, partOf.first);
  }
  return result;
}

const stateWrites = (program: KernelProgram): readonly Kernel[] =>
  program.kernels.filter((kernel) =>
    writesOf(kernel).some((tensor) => program.tensors[tensor]?.role === "state"),
  );

/** States that are made beside themselves first. */
const copies = (program: KernelProgram): readonly string[] =>
  program.kernels.flatMap(({ endsBecause, holds }) =>
    endsBecause === "the state is read as it was until here" ? holds : [],
  );

interface Axes {
  readonly s: Sketch;
  readonly b: Axis;
  readonly n: Axis;
  readonly d: Axis;
  readonly slot: Axis;
  readonly head: Axis;
}

function axes(): Axes {
  const s = new Sketch();
  return {
    s,
    b: s.axis("B", 2),
    n: s.axis("N", 5),
    d: s.axis("D", 6),
    slot: s.axis("Slot", 9),
    head: s.axis("Head", 4),
  };
}

function projected({ s, b, n, d, head }: Axes, of: readonly Axis[] = [b, n]): Value {
  const x = s.input("x", [...of, d]);
  return s.sum(s.mul(x, s.parameter("weight", [head, d])), d);
}

describe("a cache is updated by the kernel that makes the update", () => {
  test("positions along an axis of their own: the first slots", () => {
    const a = axes();
    const { s, b, slot, head, n } = a;
    const cache = s.state("keys", [b, slot, head]);
    const k = projected(a);
    s.store(cache, s.put(cache, slot, s.index(n), k));
    const fused = checked(s, { k });
    expect(fused.kernels.map(({ engine }) => engine.kind)).toEqual(["contract"]);
    const [writer] = stateWrites(fused);
    expect(writer?.stores.map(({ partial = false }) => partial).sort()).toEqual([false, true]);
    // Five positions of nine lie inside whatever happens: nothing is looked at in a run.
    expect(writer?.stores.some(({ when }) => when !== undefined)).toBe(false);
  });

  test("one position for each sequence, some outside: those are dropped", () => {
    const a = axes();
    const { s, b, slot, head } = a;
    const cache = s.state("keys", [b, slot, head]);
    const position = s.input("position", [b], "i32");
    const k = projected(a, [b]);
    const after = s.store(cache, s.put(cache, slot, position, s.add(k, 1)));
    for (const at of [
      [3, 8],
      [-1, 0],
      [9, 12],
    ]) {
      const fused = checked(s, { sum: s.sum(after, slot) }, new Map([[position, at]]));
      const [writer, ...others] = stateWrites(fused);
      expect(others).toEqual([]);
      expect(writer?.engine.kind).not.toBe("scatter");
      expect(writer?.stores.map(({ when }) => when !== undefined)).toEqual([true]);
    }
  });

  test("an axis of positions shifted by a number of each sequence", () => {
    const a = axes();
    const { s, b, n, slot, head } = a;
    const cache = s.state("keys", [b, slot, head]);
    const length = s.input("length", [b], "i32");
    const k = projected(a);
    const at = s.add(s.index(n), length);
    s.store(cache, s.put(cache, slot, at, k));
    const fused = checked(s, { k }, new Map([[length, [2, 6]]]));
    expect(stateWrites(fused).map(({ engine }) => engine.kind)).toEqual(["contract"]);
  });

  test("one state for all", () => {
    const { s, d } = axes();
    const table = s.state("table", [d]);
    const position = s.input("position", [], "i32");
    s.store(table, s.put(table, d, position, s.input("x", [])));
    checked(s, { d: s.index(d) }, new Map([[position, [4]]]));
  });

  test("positions that may be equal keep the order in which they are written", () => {
    const a = axes();
    const { s, b, n, slot, head } = a;
    const cache = s.state("keys", [b, slot, head]);
    const at = s.input("at", [b, n], "i32");
    s.store(cache, s.put(cache, slot, at, projected(a)));
    const places = [1, 1, 3, 4, 1, 0, 8, 8, 9, -1];
    const fused = checked(s, { n: s.index(n) }, new Map([[at, places]]));
    // In place all the same: each invocation of the scatter owns its element.
    expect(stateWrites(fused).map(({ engine }) => engine.kind)).toEqual(["scatter"]);
  });

  test("a state that something else needs as it was is copied at the end", () => {
    const a = axes();
    const { s, b, n, slot, head } = a;
    const cache = s.state("keys", [b, slot, head]);
    const after = s.store(cache, s.put(cache, slot, s.index(n), projected(a)));
    const fused = checked(s, { both: s.sum(s.mul(cache, after), slot) });
    expect(copies(fused)).toEqual(["keys after the call"]);
  });

  test("a position that waits for the update is no reason to wait in a circle", () => {
    const a = axes();
    const { s, b, slot, head } = a;
    const cache = s.state("keys", [b, slot, head]);
    const k = projected(a, [b]);
    const top = s.convert(s.maximum(s.max(k, head), 0), "i32");
    s.store(cache, s.put(cache, slot, top, k));
    checked(s, { k });
  });
});

describe("a state is stored after everything that reads it as it was", () => {
  test("a length grows in place, and what it was is read before", () => {
    const { s, b, n } = axes();
    const length = s.state("length", [b], "i32");
    const grown = s.store(length, s.add(length, s.number(1, "i32")));
    const x = s.input("x", [b, n]);
    const seen = s.where(s.lessEqual(s.index(n), length), x, s.number(0));
    const fused = checked(s, { seen, grown }, new Map([[length, [1, 3]]]));
    expect(stateWrites(fused)).toHaveLength(1);
    expect(copies(fused)).toEqual([]);
  });

  test("a moment of an optimizer", () => {
    const { s, b, d } = axes();
    const moment = s.state("m", [b, d]);
    const g = s.input("g", [b, d]);
    const next = s.store(moment, s.add(s.mul(moment, 0.9), s.mul(g, 0.1)));
    const fused = checked(s, { step: s.sqrt(s.exp(next)) });
    expect(copies(fused)).toEqual([]);
  });

  test("a state that is read at other elements than it is written", () => {
    const { s, b, d } = axes();
    const e = s.twin("E", d);
    const state = s.state("square", [d, e]);
    const f = s.twin("F", d);
    const turned = s.rename(s.rename(s.rename(state, d, f), e, d), f, e);
    s.store(state, s.reorder(s.add(turned, s.exp(state)), d, e));
    expect(copies(checked(s, { b: s.index(b) }))).toEqual(["square after the call"]);
  });

  test("two states change places", () => {
    const { s, b, d } = axes();
    const [one, two] = [s.state("one", [b, d]), s.state("two", [b, d])];
    s.store(one, two);
    s.store(two, one);
    expect(copies(checked(s, { b: s.index(b) }))).toEqual(["two after the call"]);
  });

  test("a state becomes an input, a state stands for an output, and one is both", () => {
    const { s, b, d } = axes();
    const [kept, given, shared] = [
      s.state("kept", [b, d]),
      s.state("given", [b, d]),
      s.state("shared", [b, d]),
    ];
    const x = s.input("x", [b, d]);
    s.store(given, x);
    const sum = s.store(shared, s.add(shared, x));
    checked(s, { kept, given, sum });
  });

  test("a row that is scaled by its own sum", () => {
    const { s, b, d } = axes();
    const state = s.state("rows", [b, d]);
    s.store(state, s.div(state, s.add(s.sum(s.mul(state, state), d), 1)));
    const fused = checked(s, { b: s.index(b) });
    expect(copies(fused)).toEqual([]);
  });

  test("a sum over what it adds to, which all lanes read", () => {
    const { s, b, d } = axes();
    const total = s.state("total", [b]);
    const x = s.input("x", [b, d]);
    s.store(total, s.add(s.sum(s.mul(x, total), d), total));
    checked(s, { b: s.index(b) });
  });
});

describe("what would be wrong is found", () => {
  const simple = (): KernelProgram => {
    const { s, b, n } = axes();
    const length = s.state("length", [b], "i32");
    s.store(length, s.add(length, s.number(1, "i32")));
    const seen = s.add(s.index(n), length);
    return checked(s, { seen }, new Map([[length, [1, 3]]]));
  };
  const prove = (program: KernelProgram): void =>
    verifyPlan(
      program,
      planMemory(program, () => rowMajor, portableProfile),
    );

  test("the old value read after the store", () => {
    const program = simple();
    const swapped = { ...program, kernels: program.kernels.toReversed() };
    expect(() => prove(swapped)).toThrow(/at the wrong time/);
  });

  test("the new value read before the store", () => {
    const program = simple();
    const kernels = program.kernels.map(({ readsBefore: _, ...kernel }) => kernel);
    expect(() => prove({ ...program, kernels })).toThrow(/at the wrong time/);
  });
});

test("steps share parameters and states by their paths, and the memory between their kernels", () => {
  const s = new Sketch();
  const [b, d] = [s.axis("B", 2), s.axis("D", 64)];
  const out = s.twin("Out", d);
  const state = s.state("state", [b, d]);
  const weight = s.parameter("weight", [out, d]);
  const layer = (x: Value): Value => s.rename(s.sum(s.mul(x, weight), d), out, d);
  const x = s.input("x", [b, d]);
  const steps = [layer(layer(x)), layer(layer(s.add(layer(state), layer(s.exp(state)))))].map(
    (next) => {
      s.store(state, next);
      const graph = s.graph({ y: s.mul(next, 2) });
      const feeds = randomFeeds(graph, s.extent);
      return compareKernels(graph, graph, s.extent, feeds, {});
    },
  );
  const program = joinPrograms(steps);
  const interfaces = program.steps.map((step) => step.interface);
  expect(interfaces[0]?.stored).toEqual(interfaces[1]?.stored);
  expect(interfaces[0]?.outputs).not.toEqual(interfaces[1]?.outputs);
  const alone = steps.map((step) => planOf(step).summary.arenaBytes);
  const plan = planOf(program);
  verifyPlan(program, plan);
  expect(plan.summary.arenaBytes).toBe(Math.max(...alone));
  expect(plan.summary.stateBytes).toBe(2 * 64 * 4);
});

function planOf(program: KernelProgram): ReturnType<typeof planMemory> {
  return planMemory(program, () => rowMajor, portableProfile);
}
