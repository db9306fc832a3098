import { describe, expect, test } from "vitest";
import type { KernelPass } from "../../compiler/5-schedule/kernel-program/kernel-pass.ts";
import { InternalError } from "../../compiler/diagnostics/internal-error.ts";
import { loopId } from "../../compiler/ir/axis-ids.ts";
import type { Kernel, KernelProgram } from "../../compiler/ir/kernel/kernel.ts";
import type { Store } from "../../compiler/ir/kernel/loops.ts";
import { type VerifiedKernels, verifyKernels } from "../../compiler/ir/kernel/verify-kernels.ts";
import { runPasses } from "../../compiler/ir/pass.ts";
import { graphPasses, kernelPasses } from "../../compiler/pipeline.ts";
import { passContext, programOf } from "../support/kernels/fuse-graph.ts";
import { at, load, SampleBuilder } from "../support/kernels/sample-kernels.ts";

const passes = [...kernelPasses.step, ...kernelPasses.program];

test("every pass has a name of its own and says what it does", () => {
  const all = [...graphPasses.before, ...graphPasses.after, ...passes];
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  for (const { name, summary } of all) {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(summary.length, name).toBeGreaterThan(20);
  }
});

/** A map from `x` by way of one tensor to `y`; the store of each kernel, to change it. */
function chain(): { readonly program: KernelProgram; readonly stores: readonly Store[] } {
  const build = new SampleBuilder();
  const n = build.axis(6);
  const x = build.tensor("input", [6]);
  const between = build.tensor("intermediate", [6]);
  const y = build.tensor("output", [6]);
  const stores = [
    { tensor: between, at: [at(n)], value: load(x, at(n)) },
    { tensor: y, at: [at(n)], value: load(between, at(n)) },
  ];
  const kernels = stores.map((store, k) => mapOf(`k${k}`, 6, store));
  return { program: programOf(build.tensors, kernels), stores };
}

function mapOf(name: string, extent: number, store: Store): Kernel {
  const grid = [{ id: loopId(0), name: "N", extent }];
  return {
    name,
    engine: { kind: "map", grid },
    stores: [store],
    holds: [],
    places: [],
    endsBecause: "it is a sample",
  };
}

describe.each([
  ["each is looked at", true],
  ["the last is looked at", false],
] as const)("whoever breaks a program is named, where %s", (_, isSeen) => {
  const looks: string[] = [];
  const run = (...passes: readonly KernelPass[]): KernelProgram => {
    looks.length = 0;
    const settle = (program: KernelProgram, after: string): KernelProgram => {
      looks.push(after);
      verifyKernels(program, after);
      return program;
    };
    return runPasses(passes, chain().program, passContext(), settle, isSeen);
  };
  const summary = "a pass that is wrong";
  const idle = (name: string): KernelPass => ({ name, summary: "does nothing", run: (all) => all });

  test("not where none does", () => {
    expect(run(idle("first"), idle("second"))).toEqual(chain().program);
    expect(looks).toEqual(isSeen ? ["first", "second"] : ["second"]);
    expect(run()).toEqual(chain().program);
    expect(looks).toEqual([]);
  });

  test("by what it leaves", () => {
    const forget: KernelPass = {
      name: "forget",
      summary,
      run: (program) => ({ ...program, kernels: program.kernels.slice(1) }),
    };
    expect(() => run(idle("first"), forget, idle("last"))).toThrow(
      /after forget, kernel k1: n1 is read before it is made/,
    );
  });

  test("by its own mistake", () => {
    const stumble: KernelPass = {
      name: "stumble",
      summary,
      run: () => {
        throw new InternalError("there is no such thing");
      },
    };
    expect(() => run(idle("first"), stumble, idle("last"))).toThrow(
      /in stumble: there is no such thing/,
    );
  });
});

describe("several kernels that store to one tensor", () => {
  const { program, stores } = chain();
  const [first, second] = program.kernels as readonly [Kernel, Kernel];
  const half = (name: string, from: number): Kernel => {
    const [store] = stores as readonly [Store];
    const axis = { id: loopId(0), name: "N", extent: 3 };
    const position = {
      kind: "call" as const,
      fn: "add" as const,
      args: [at(axis), { kind: "constant" as const, type: "i32" as const, value: from }],
      type: "i32" as const,
    };
    return mapOf(name, 3, { ...store, at: [position], value: load(0, position) });
  };
  const verify = (kernels: readonly Kernel[], reuse?: KernelProgram["reuse"]): void =>
    verifyKernels({ ...program, kernels, ...(reuse && { reuse }) }, "the test");

  test("may each store a part", () => {
    expect(() => verify([half("low", 0), half("high", 3), second])).not.toThrow();
  });

  test("may not leave a part out", () => {
    expect(() => verify([half("low", 0), second])).toThrow(/not written exactly once/);
    expect(() => verify([half("low", 0), half("beyond", 4), second])).toThrow(/can be 6/);
  });

  test("may not all store everything, unless results are written over operands", () => {
    const again = { ...first, stores: [...first.stores], name: "again" };
    expect(() => verify([first, again, second])).toThrow(/is written again/);
    expect(() => verify([first, again, second], { lowerBound: 0 })).not.toThrow();
  });

  test("are all needed before what they make is read", () => {
    expect(() => verify([half("low", 0), second, half("high", 3)])).toThrow(/before it is made/);
  });
});

test("what was found right is looked into again where a tensor has changed", () => {
  const { program } = chain();
  const verified: VerifiedKernels = new Map();
  verifyKernels(program, "the first pass", verified);
  expect(verified.size).toBe(2);
  const [input, ...others] = program.tensors as readonly [KernelProgram["tensors"][0]];
  const tensors = [{ ...input, shape: [5] }, ...others];
  expect(() => verifyKernels({ ...program, tensors }, "the second", verified)).toThrow(
    /after the second, kernel k0: .* can be 5/,
  );
});
