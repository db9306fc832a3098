import { invariant } from "../../diagnostics/internal-error.ts";
import type { DeviceProfile } from "../../ir/device-profile.ts";
import type { KernelTensor } from "../../ir/kernel/kernel-tensor.ts";
import type { EmittedKernel, PackingOf, ScheduledKernel } from "../../ir/schedule.ts";
import { writeNest } from "./nests/nest-registry.ts";
import { declarationOf } from "./writer/binding-table.ts";
import { KernelWriter } from "./writer/kernel-writer.ts";

/**
 * The WGSL of a scheduled kernel. Bindings are numbered in the order of first use and named by number, so
 * equal kernels give equal texts whichever tensors they work on.
 */
export function emitKernel(
  scheduled: ScheduledKernel,
  tensors: readonly KernelTensor[],
  packingOf: PackingOf,
  profile: DeviceProfile,
): EmittedKernel {
  const printed = (wide: ReadonlySet<number> | undefined): KernelWriter => {
    const own = new KernelWriter(scheduled, tensors, packingOf, profile, wide);
    writeNest(own);
    return own;
  };
  const draft = printed(undefined);
  const writer = draft.bindings.isSettled ? draft : printed(draft.bindings.wide);

  const { bindings } = writer.bindings;
  invariant(
    bindings.length <= profile.maxStorageBuffersPerShaderStage,
    `${scheduled.kernel.name} binds ${bindings.length} tensors, the device allows ${profile.maxStorageBuffersPerShaderStage}`,
  );
  const immediates = [...writer.planner.immediates].map(([name, type]) => ({ name, type }));
  const usesF16 =
    writer.needs("shader-f16") || bindings.some((binding) => binding.layout === "f16");
  const usesMatrices = writer.needs("chromium-experimental-subgroup-matrix");
  const features = [
    ...(usesF16 ? ["shader-f16"] : []),
    ...(writer.usesSubgroups ? ["subgroups"] : []),
    ...(usesMatrices ? ["chromium-experimental-subgroup-matrix"] : []),
  ];
  const lines = [
    ...(usesF16 ? ["enable f16;"] : []),
    ...(writer.usesSubgroups ? ["enable subgroups;"] : []),
    ...(writer.hidesUniformity ? ["diagnostic(off, subgroup_uniformity);"] : []),
    ...(usesMatrices ? matrixDirectives : []),
    ...(writer.usesSubgroupNumbers ? ["requires subgroup_id;"] : []),
    ...(immediates.length > 0 ? ["requires immediate_address_space;"] : []),
    "",
    ...bindings.map(declarationOf),
    ...writer.workgroupVariables,
    ...immediateDeclaration(immediates),
    ...writer.functions.text.flatMap((text) => ["", text]),
    "",
    `@compute @workgroup_size(${scheduled.workgroupSize})`,
    `fn ${entryPoint}(${writer.parameters.join(", ")}) {`,
    ...writer.root.indented(),
    "}",
    "",
  ];
  return {
    wgsl: lines.join("\n").trimStart(),
    entryPoint,
    bindings: bindings.map(({ isWritten }) => ({ access: isWritten ? "read_write" : "read" })),
    tensors: bindings.map(({ tensor }) => tensor.id),
    immediates,
    features,
  };
}

const entryPoint = "main";

/** What a matrix is multiplied by is the same for a subgroup because we say so: no analysis can see it. */
const matrixDirectives = [
  "enable chromium_experimental_subgroup_matrix;",
  "diagnostic(off, chromium.subgroup_matrix_uniformity);",
];

function immediateDeclaration(
  immediates: readonly { readonly name: string; readonly type: string }[],
): string[] {
  if (immediates.length === 0) return [];
  const fields = immediates.map(({ name, type }) => `  ${name}: ${type},`);
  return ["struct Immediates {", ...fields, "}", "var<immediate> immediates: Immediates;"];
}
