import { expect, test } from "vitest";
import { diskLoader } from "../../compiler/api/load/disk-loader.ts";
import type { Program } from "../../compiler/artifact.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { DeviceProfile } from "../../compiler/ir/device-profile.ts";
import { graphics, software } from "../support/profiles.ts";

/** A step of training ViT-Ti or a shallower one, batch 8, with clipping and AdamW, or its gradients alone. */
function programOf(
  profile: DeviceProfile,
  depth: number,
  purpose: "train" | "gradients" = "train",
): Program {
  const { artifact, diagnostics } = compileStage({
    entry: "tests/compare/works/train.weft",
    loader: diskLoader(process.cwd()),
    stage: "classes",
    purpose,
    profile,
    overrides: [{ path: "depth", value: depth }],
    sizes: { B: 8 },
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact.program;
}

/** The dispatches of clipping and optimizer, and the mean of the loss: all that they bind are slabs and single numbers. */
function dispatchesOfUpdate({ dispatches, tensors }: Program): number {
  const isOfUpdate = (tensor: number): boolean => {
    const { name = "", shape = [] } = tensors[tensor] ?? {};
    const count = shape.reduce((product, extent) => product * extent, 1);
    return count === 1 || /slab \d+$|^sums of squares|^control/.test(name);
  };
  return dispatches.filter((one) => one.tensors.every(isOfUpdate)).length;
}

const MiB = 2 ** 20;

test("a step of training ViT-Ti has few dispatches for clipping and optimizer", () => {
  const step = programOf({ ...software, maxStorageBuffersPerShaderStage: 16 }, 12);
  expect(step.dispatches.length).toBeLessThanOrEqual(250);
  expect(dispatchesOfUpdate(step)).toBeLessThanOrEqual(7);
  expect(step.plan.arenaBytes).toBeLessThanOrEqual(146.5 * MiB);
  // Weights, gradients and two moments of 5.72 million numbers.
  expect(step.plan.stateBytes).toBeLessThanOrEqual(87.6 * MiB);
});

test("also where a kernel binds 8 tensors, whatever the depth", () => {
  const narrow = { ...graphics, maxStorageBuffersPerShaderStage: 8 };
  const step = programOf(narrow, 2);
  expect(dispatchesOfUpdate(step)).toBeLessThanOrEqual(11);
  // Nothing is kept for the optimizer that the gradients do not need.
  const { plan } = programOf(narrow, 2, "gradients");
  expect(step.plan.arenaBytes).toBeLessThanOrEqual(plan.arenaBytes);
  // Nor are results of norms, which the kernels of their gradients have room to make again.
  expect(step.plan.arenaBytes).toBeLessThanOrEqual(31.5 * MiB);
});
