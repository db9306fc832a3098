import { GraphFacts } from "../../../compiler/5-schedule/fuse/graph-facts.ts";
import type {
  KernelPassContext,
  Quantization,
} from "../../../compiler/5-schedule/kernel-program/kernel-pass.ts";
import { settleKernels } from "../../../compiler/5-schedule/kernel-program/settle-kernels.ts";
import { joinPrograms } from "../../../compiler/5-schedule/rewrite/join-programs.ts";
import { type DeviceProfile, portableProfile } from "../../../compiler/ir/device-profile.ts";
import type { Graph } from "../../../compiler/ir/graph/graph.ts";
import type { Kernel, KernelProgram } from "../../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../../compiler/ir/kernel/kernel-tensor.ts";
import { rememberedReads } from "../../../compiler/ir/kernel/kernel-tensors.ts";
import type { StepInterface } from "../../../compiler/ir/kernel/step-interface.ts";
import { runPasses } from "../../../compiler/ir/pass.ts";
import type { Extent } from "../../../compiler/ops/define-op.ts";
import { ops } from "../../../compiler/ops/registry.ts";
import { kernelPasses, lowerGraph } from "../../../compiler/pipeline.ts";

/** What passes over kernels are told of a device that is portable but for these. */
export function passContext(
  device: Partial<DeviceProfile> = {},
  quantization?: Quantization,
): KernelPassContext {
  const profile = { ...portableProfile, ...device };
  const { maxStorageBuffersPerShaderStage: maxTensors } = profile;
  return { profile, maxTensors, quantization, readsOf: rememberedReads() };
}

/** A graph after its passes as the kernels of a step, after every pass that sees one step. */
export function fuseGraph(
  graph: Graph,
  extent: Extent,
  device: Partial<DeviceProfile> = {},
): KernelProgram {
  return lowerGraph("test", new GraphFacts(graph, ops, extent), passContext(device));
}

/** What the only step of a program reads, writes and keeps. */
export function interfaceOf({ steps }: KernelProgram): StepInterface {
  const [step, ...others] = steps;
  if (step === undefined || others.length > 0) throw new Error("the program is not one step");
  return step.interface;
}

/** Kernels that belong to no step of a mode. */
export function programOf(
  tensors: readonly KernelTensor[],
  kernels: readonly Kernel[],
): KernelProgram {
  return { tensors, kernels, steps: [] };
}

/** The same after every pass over kernels, those that see all steps of a mode too. */
export function lowerWholly(
  graph: Graph,
  extent: Extent,
  device: Partial<DeviceProfile> = {},
): KernelProgram {
  const context = passContext(device);
  const program = joinPrograms([fuseGraph(graph, extent, device)]);
  return runPasses(kernelPasses.program, program, context, (made, after) =>
    settleKernels(made, after),
  );
}
