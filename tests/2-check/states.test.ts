import { describe, expect, test } from "vitest";
import type { ElaboratedMode } from "../../compiler/2-check/modes/elaborate-mode.ts";
import { printGraph } from "../../compiler/ir/graph/print-graph.ts";
import { StepRun } from "../support/graphs/run-steps.ts";
import { elaborateText } from "../support/texts/check-text.ts";

function modeOf(text: string, mode: string): ElaboratedMode {
  const found = elaborateText(text, "M", mode);
  if (found.mode === undefined)
    throw new Error(found.diagnostics.map((one) => `${one.code}: ${one.message}`).join("\n"));
  return found.mode;
}

/** The codes that elaboration reports. */
function codesOf(text: string, mode: string): readonly string[] {
  return elaborateText(text, "M", mode).codes;
}

describe("a state", () => {
  test("starts as it is declared, and keeps what a call stores", () => {
    const mode = modeOf(
      `model M {
  state count: i32[] = -1
  mode add(x: i32[]) -> i32[] {
    let before = count
    count := count + x
    10 * before + count
  }
}`,
      "add",
    );
    expect(mode.steps.map((step) => step.name)).toEqual(["add"]);
    const run = new StepRun(mode);
    // What a name was given is what the state was then; later reads see what is stored.
    expect(run.call("add", { x: [4] }).output).toEqual([10 * -1 + 3]);
    expect(run.call("add", { x: [4] }).output).toEqual([10 * 3 + 7]);
    expect(run.state("count")).toEqual([7]);
  });

  test("may be read and never stored, stored and never read", () => {
    const mode = modeOf(
      `model M {
  state kept, last, idle: f32[] = 0.5
  mode add(x: f32[]) -> f32[] {
    last := x
    let unused = idle
    kept + x
  }
}`,
      "add",
    );
    const [{ graph } = mode] = mode.steps;
    expect(graph.stored.map(({ path, value, next }) => [path, value === next])).toEqual([
      ["kept", true],
      ["last", false],
    ]);
    const run = new StepRun(mode);
    expect(run.call("add", { x: [2] }).output).toEqual([2.5]);
    expect(run.state("last")).toEqual([2]);
    expect(printGraph(graph)).toContain("last :=");
  });

  test("is what it was before an argument that stores to it", () => {
    const text = `module Ticket {
  state next: i32[] = 0
  fn forward() -> i32[] {
    next := next + 1
    next
  }
}
model M {
  use ticket = Ticket()
  mode take(x: i32[]) -> i32[] {
    100 * ticket.next + ticket() + 0 * x
  }
}`;
    const run = new StepRun(modeOf(text, "take"));
    expect([1, 2, 3].map(() => run.call("take", { x: [0] }).output)).toEqual([[1], [102], [203]]);
  });

  test("is shared by all steps, whatever of them read it", () => {
    const mode = modeOf(
      `model M {
  axis Slot = 4
  state seen: i32[B, Slot] = lowest
  state length: i32[..] = 0
  mode read {
    step prefill(ids: i32[B, N]) -> i32[B, Slot] {
      length := sum{N}(i32(ids > 0))
      seen := put{Slot: index{N}}(seen, ids)
      seen
    }
    step decode(token: i32[B]) -> i32[B, Slot] {
      seen := put{Slot: length}(seen, token)
      length := length + 1
      seen
    }
    step ask(offset: i32[]) -> i32[Slot] { index{Slot} + offset }
  }
}`,
      "read",
    );
    const [prefill, decode, ask] = mode.steps;
    const values = (step: typeof prefill) => step?.graph.stored.map((state) => state.value);
    expect(mode.steps.map((step) => [step.name, step.graph.name])).toEqual([
      ["prefill", "read.prefill"],
      ["decode", "read.decode"],
      ["ask", "read.ask"],
    ]);
    expect(values(prefill)).toEqual(values(decode));
    expect(values(ask)).toEqual([]);
    expect(prefill?.graph.stored.map(({ path, free }) => [path, free])).toEqual([
      ["seen", [0]],
      ["length", [0]],
    ]);
    expect(prefill?.graph.stored[0]?.dimensions.map((one) => one.name)).toEqual(["B", "Slot"]);
    expect(prefill?.graph.freeAxes[0]).toBe(decode?.graph.freeAxes[0]);
    const run = new StepRun(mode);
    const none = -(2 ** 31);
    // A prompt may be longer than there are slots, and shorter than its row.
    const prompt = [7, 0, 0, 8, 9, 5];
    expect(run.call("prefill", { ids: prompt }, { B: 2, N: 3 }).output).toEqual([
      ...[7, 0, 0, none],
      ...[8, 9, 5, none],
    ]);
    expect(run.call("decode", { token: [3, 4] }, { B: 2 }).output).toEqual([
      ...[7, 3, 0, none],
      ...[8, 9, 5, 4],
    ]);
    expect(run.call("decode", { token: [1, 2] }, { B: 2 }).output).toEqual([
      ...[7, 3, 1, none],
      ...[8, 9, 5, 4],
    ]);
    expect(run.state("length")).toEqual([3, 5]);
  });

  test("starts as its initialiser says along its own axes, the same along the free ones", () => {
    const mode = modeOf(
      `model M {
  axis D = 3
  state x: f32[.., D] = f32(index{D})
  mode add(by: f32[B]) -> f32[B, D] {
    x := x + by
    x
  }
}`,
      "add",
    );
    const run = new StepRun(mode);
    expect(run.call("add", { by: [0, 10] }, { B: 2 }).output).toEqual([0, 1, 2, 10, 11, 12]);
    expect(run.call("add", { by: [1, 1] }, { B: 2 }).output).toEqual([1, 2, 3, 11, 12, 13]);
  });

  test("has no free axis where the call brings none", () => {
    const cache = `module Cache<Slot> {
  state kept: f32[.., Slot] = 0.0
  fn forward(x: f32[.., N]) -> f32[.., N, Slot] {
    kept := put{Slot: index{N}}(kept, x)
    kept + 0.0 * x
  }
}
model M {
  axis Slot = 4
  use cache = Cache<Slot>()
  mode one(x: f32[N]) -> f32[N, Slot] { cache(x) }
  mode many(x: f32[B, N]) -> f32[B, N, Slot] { cache(x) }
}`;
    const dimensions = (mode: string) =>
      modeOf(cache, mode).graph.stored.map((state) => state.dimensions.map((one) => one.name));
    expect(dimensions("one")).toEqual([["Slot"]]);
    expect(dimensions("many")).toEqual([["B", "Slot"]]);
    const run = new StepRun(modeOf(cache, "one"));
    expect(run.call("one", { x: [1, 2] }, { N: 2 }).output).toEqual([1, 2, 0, 0, 1, 2, 0, 0]);
    expect(run.call("one", { x: [3] }, { N: 1 }).output).toEqual([3, 2, 0, 0]);
  });

  test("belongs to its part: each has one", () => {
    const mode = modeOf(
      `module Sum {
  state total: f32[..] = 0.0
  fn forward(x: f32[..]) -> f32[..] {
    total := total + x
    total
  }
}
model M {
  use a, b = Sum()
  mode add(x: f32[B], y: f32[]) -> f32[B] { a(x) + b(y) }
}`,
      "add",
    );
    const [first] = mode.steps;
    expect(first?.graph.stored.map(({ path, free }) => [path, free])).toEqual([
      ["a.total", [0]],
      ["b.total", []],
    ]);
    const run = new StepRun(mode);
    run.call("add", { x: [1, 2], y: [10] }, { B: 2 });
    expect(run.call("add", { x: [1, 2], y: [10] }, { B: 2 }).output).toEqual([22, 24]);
  });
});

describe("what a state cannot be", () => {
  const bodies: readonly (readonly [string, string, readonly string[]])[] = [
    [
      "of other axes in another step",
      `step a(x: f32[B]) -> f32[B] { s := x  s }
       step b(x: f32[C]) -> f32[C] { s + x }`,
      ["state-axes"],
    ],
    [
      "of more axes in another step",
      `step a(x: f32[B]) -> f32[B] { s := x  s }
       step b(x: f32[B, C]) -> f32[B, C] { s := x  s }`,
      ["state-axes"],
    ],
    [
      "of the same axes under one name",
      `step a(x: f32[B]) -> f32[B] { s := x  s }
       step b(y: f32[B]) -> f32[B] { s + y }`,
      [],
    ],
  ];
  test.each(bodies)("%s", (_, steps, codes) => {
    const text = `model M {\n state s: f32[..] = 0.0\n mode m {\n${steps.replaceAll("  ", "\n")}\n}\n}`;
    expect(codesOf(text, "m")).toEqual(codes);
  });

  test("of an axis that the call does not name", () => {
    const text = (call: string) =>
      `model M {\n state s: f32[B] = 0.0\n mode m(x: f32[${call}]) -> f32[${call}] {\n s + x\n }\n}`;
    expect(codesOf(text("B"), "m")).toEqual([]);
    expect(() => codesOf(text("C"), "m")).toThrow("nothing says which axis `B`");
  });

  test("stored to twice in one call, though in one mode it may", () => {
    const text = (body: string) => `module Sum {
  state total: f32[] = 0.0
  fn forward(x: f32[]) -> f32[] {
    ${body}
    total
  }
}
model M {
  use sum = Sum()
  mode add(x: f32[]) -> f32[] { sum(x) + sum(x) }
}`;
    const run = new StepRun(modeOf(text("total := total + x"), "add"));
    expect(run.call("add", { x: [1] }).output).toEqual([1 + 2]);
    expect(run.call("add", { x: [1] }).output).toEqual([3 + 4]);
    expect(() => codesOf(text("total := x\n total := x"), "add")).toThrow("stored twice");
  });
});
