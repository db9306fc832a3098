import { expect, test } from "vitest";
import { planMemory } from "../../compiler/5-schedule/memory/plan-memory.ts";
import { verifyPlan } from "../../compiler/5-schedule/memory/verify-plan.ts";
import { portableProfile } from "../../compiler/ir/device-profile.ts";
import type { Value } from "../../compiler/ir/graph/graph.ts";
import { optimize } from "../support/graphs/optimize.ts";
import { randomGraph } from "../support/graphs/random-graph.ts";
import { compareKernels, randomFeeds } from "../support/kernels/compare-kernels.ts";

test("random programs with random states leave what the graph says, in outputs and states", () => {
  let stored = 0;
  let beside = 0;
  for (let seed = 0; seed < 120; seed++) {
    const { sketch: s, graph } = randomGraph(seed);
    const outputs: Record<string, Value> = {};
    const states: Value[] = [];
    graph.outputs.forEach(({ name, value }, n) => {
      outputs[name] = value;
      if (value.type.element !== "f32" || value.type.axes.length === 0) return;
      const state = s.state(`state${n}`, value.type.axes);
      const sum = s.add(s.mul(state, 0.5), value);
      // In place, read before, read after, both at once, over an axis, or another state's old value.
      const kind = (seed + n) % 5;
      const other = states.find(({ type }) => axesText(type) === axesText(value.type));
      const next = s.store(state, kind === 4 && other !== undefined ? other : sum);
      states.push(state);
      const [axis] = value.type.axes;
      if (kind === 1) outputs[`${name} before`] = s.exp(s.mul(state, value));
      if (kind === 2 && axis !== undefined) outputs[`${name} after`] = s.sum(next, axis);
      if (kind === 3 && axis !== undefined)
        outputs[`${name} both`] = s.sum(s.mul(state, s.sub(next, s.max(state, axis))), axis);
    });
    if (states.length === 0) continue;
    const made = s.graph(outputs);
    const feeds = randomFeeds(made, s.extent, seed);
    const program = compareKernels(made, optimize(made, s), s.extent, feeds, {});
    verifyPlan(
      program,
      planMemory(program, () => ({ kind: "row-major" }), portableProfile),
    );
    stored += states.length;
    beside += program.kernels.filter(({ endsBecause }) =>
      endsBecause.startsWith("the state"),
    ).length;
  }
  expect(stored).toBeGreaterThan(60);
  expect(beside).toBeGreaterThan(0);
  expect(beside).toBeLessThan(stored);
});

function axesText({ axes }: Value["type"]): string {
  return axes.map(({ id }) => id).join();
}
