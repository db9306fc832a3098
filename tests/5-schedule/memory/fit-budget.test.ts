import { describe, expect, test } from "vitest";
import { reverseMode } from "../../../compiler/3-differentiate/reverse-mode.ts";
import { fitBudget } from "../../../compiler/5-schedule/budget/fit-budget.ts";
import { scheduleProgram } from "../../../compiler/5-schedule/choose/schedule-program.ts";
import { settleKernels } from "../../../compiler/5-schedule/kernel-program/settle-kernels.ts";
import { type MemoryPlan, planMemory } from "../../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../../compiler/5-schedule/memory/verify-plan.ts";
import { joinPrograms } from "../../../compiler/5-schedule/rewrite/join-programs.ts";
import type { DeviceProfile } from "../../../compiler/ir/device-profile.ts";
import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import { interpretKernels } from "../../../compiler/ir/kernel/interpret-kernel.ts";
import type { KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import { runPasses } from "../../../compiler/ir/pass.ts";
import { kernelPasses } from "../../../compiler/pipeline.ts";
import { optimize } from "../../support/graphs/optimize.ts";
import { randomGraph } from "../../support/graphs/random-graph.ts";
import type { Sketch } from "../../support/graphs/sketch.ts";
import { sketchVit } from "../../support/graphs/sketch-vit.ts";
import { withRandomGradients } from "../../support/graphs/with-gradients.ts";
import { randomFeeds, tensorsOf } from "../../support/kernels/compare-kernels.ts";
import { fuseGraph, interfaceOf, passContext } from "../../support/kernels/fuse-graph.ts";
import { graphics } from "../../support/profiles.ts";

const asksForAll = process.env.WEFT_ALL_GRADIENTS !== undefined;
const count = asksForAll ? 250 : 20;
const profile: DeviceProfile = { ...graphics, maxStorageBuffersPerShaderStage: 8 };

interface Planned {
  readonly program: KernelProgram;
  readonly plan: MemoryPlan;
  readonly bytes: number;
}

const own = kernelPasses.program.indexOf(fitBudget);

/** The kernels as they are before anything is done for a budget. */
function lowered(graph: Graph, { extent }: Sketch): KernelProgram {
  const program = joinPrograms([fuseGraph(graph, extent, profile)]);
  return runPasses(kernelPasses.program.slice(0, own), program, passContext(profile), settle);
}

const settle = (program: KernelProgram, after: string): KernelProgram =>
  settleKernels(program, after);

/** As the compiler goes on from there for a stage; without a budget nothing is made again. */
function planned(made: KernelProgram, budget?: number): Planned {
  const context = { ...passContext(profile), budget };
  const program = runPasses(kernelPasses.program.slice(own), made, context, settle);
  const bytes = budget ?? Number.POSITIVE_INFINITY;
  const { packingOf } = scheduleProgram(program, profile);
  const plan = planMemory(program, packingOf, profile, { bytes, streams: false });
  verifyPlan(program, plan);
  return { program, plan, bytes: plan.buffers.reduce((sum, buffer) => sum + buffer.bytes, 0) };
}

/** Everything but so much of the arenas. */
function without({ plan, bytes }: Planned, share: number): number {
  return bytes - Math.floor(share * plan.summary.arenaBytes);
}

/** What each output is, bit for bit. */
function resultsOf(
  graph: Graph,
  optimized: Graph,
  { extent }: Sketch,
  program: KernelProgram,
  seed: number,
): readonly (Float64Array | undefined)[] {
  const feeds = randomFeeds(graph, extent, seed);
  const given = tensorsOf(graph, optimized, program, feeds);
  const results = interpretKernels(program, given, { seed: 0, step: 0 });
  return interfaceOf(program).outputs.map((tensor) => results.get(tensor));
}

const againIn = ({ program }: Planned) => program.kernels.filter(({ isAgain }) => isAgain === true);

test(
  asksForAll
    ? "random graphs with their gradients give the same bits in 70 % of their arenas, or do not fit"
    : "some random graphs with their gradients give the same bits in 70 % of their arenas: WEFT_ALL_GRADIENTS=1 asks for all",
  () => {
    const found = { fitted: 0, refused: 0 };
    for (let seed = 0; seed < count; seed++) {
      const drawn = randomGraph(seed);
      const graph = withRandomGradients(drawn, seed);
      if (graph === undefined) continue;
      const { sketch } = drawn;
      const optimized = optimize(graph, sketch);
      const made = lowered(optimized, sketch);
      const whole = planned(made);
      if (whole.plan.summary.arenaBytes === 0) continue;
      const budget = without(whole, 0.3);
      const less = planned(made, budget);
      const { overBudget } = less.plan;
      if (overBudget === undefined) {
        expect(less.bytes, `random graph ${seed}`).toBeLessThanOrEqual(budget);
        expect(againIn(less).length, `random graph ${seed}`).toBeGreaterThan(0);
        found.fitted += 1;
      } else {
        expect(overBudget.least, `random graph ${seed}`).toBe(less.bytes);
        found.refused += 1;
      }
      // What cannot be kept in the budget is right all the same.
      const [one, other] = [whole, less].map(({ program }) =>
        resultsOf(graph, optimized, sketch, program, seed),
      );
      expect(other, `random graph ${seed}`).toEqual(one);
    }
    // Two thirds are so small that one kernel needs what they take; others make again without a budget what they can.
    expect(found.fitted).toBeGreaterThanOrEqual(0.05 * count);
    expect(found.refused).toBeGreaterThan(0);
  },
  asksForAll ? 600_000 : undefined,
);

describe("the gradients of an encoder", () => {
  const { sketch, graph: forward } = sketchVit({
    ...{ batch: 2, grid: 3, patch: 2, heads: 2, head: 4, hidden: 24, depth: 4 },
  });
  const [output] = forward.outputs;
  if (output === undefined) throw new Error("the encoder has no output");
  const at = sketch.input("at", output.value.type.axes, output.value.type.element);
  const wanted = forward.stored.map(({ value }) => value);
  const seeds = new Map([[output.value, at]]);
  const gradients = reverseMode({ build: sketch.build, seeds, wanted });
  const results = wanted.map((value, n) => [`gradient ${n}`, gradients.get(value) ?? value]);
  const graph = sketch.graph(Object.fromEntries(results));
  const optimized = optimize(graph, sketch);
  const made = lowered(optimized, sketch);
  const whole = planned(made);

  test("fit what they take without making anything again, and nothing is", () => {
    expect(planned(made, whole.bytes)).toEqual(whole);
  });

  test.for([0.2, 0.4, 0.6])("fit %s of their arenas less", (share) => {
    const budget = without(whole, share);
    const less = planned(made, budget);
    expect(less.plan.overBudget).toBeUndefined();
    expect(less.bytes).toBeLessThanOrEqual(budget);
    const [one, other] = [whole, less].map(({ program }) =>
      resultsOf(graph, optimized, sketch, program, 3),
    );
    expect(other).toEqual(one);
    // Cheap values first: fewer kernels run again than forward ones there are.
    expect(againIn(less).length).toBeLessThan(share * whole.program.kernels.length);
    expect(planned(made, budget)).toEqual(less);
  });

  test("that do not fit are refused with the least that would do, which does", () => {
    const { overBudget } = planned(made, 1).plan;
    const least = overBudget?.least ?? 0;
    expect(least).toBeLessThan(0.7 * whole.bytes);
    expect(overBudget?.tensors.length).toBeGreaterThan(1);
    const fitted = planned(made, least);
    expect(fitted.plan.overBudget).toBeUndefined();
    expect(planned(made, fitted.bytes - 256).plan.overBudget).toBeDefined();
  });
});
