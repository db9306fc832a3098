import type { Artifact, TensorSpec } from "../../../compiler/artifact.ts";
import { loopId } from "../../../compiler/ir/axis-ids.ts";

/** How one parameter lies in its buffer. */
export type Layout = Pick<TensorSpec, "storage" | "packing">;

/** A program without kernels: parameters only, one buffer each. */
export function parametersArtifact(
  parameters: readonly { path: string; shape: [number, number]; layout: Layout }[],
): Artifact {
  const tensors = parameters.map(({ path, shape, layout }, index): TensorSpec => {
    const { storage, packing } = layout;
    const elements =
      packing.kind === "transposed" ? packing.columns * packing.stride : shape[0] * shape[1];
    const bytes = elements * (storage === "f32" ? 4 : 2);
    return { name: path, shape, storage, buffer: index, offset: 256, bytes, packing };
  });
  return {
    version: 1,
    model: "Parameters",
    mode: "forward",
    sizes: {},
    stored: parameters.map(({ path, shape }, index) => ({
      kind: "param",
      path,
      lifetime: "saved",
      writtenBy: [],
      free: [],
      shape: shape.map((size) => ({ name: "A", size })),
      tensor: index,
      // Element i is i.
      init: {
        kind: "call",
        fn: "to_f32",
        args: [{ kind: "axis", axis: loopId(0), extent: shape[0] * shape[1], type: "i32" }],
        type: "f32",
      },
      initAxes: [{ axis: 0, extent: shape[0] * shape[1] }],
    })),
    inputs: [],
    outputs: [],
    steps: [],
    program: {
      tensors,
      buffers: tensors.map((tensor) => ({
        name: tensor.name,
        role: "parameters",
        bytes: 256 + tensor.bytes + 4,
      })),
      kernels: [],
      dispatches: [],
      constants: [],
      plan: {
        weightBytes: 0,
        constantBytes: 0,
        arenaBytes: 0,
        lowerBound: 0,
        inputBytes: 0,
        outputBytes: 0,
        stateBytes: 0,
      },
    },
    macs: 0,
    paperMacs: 0,
    checkpoint: undefined,
  };
}
