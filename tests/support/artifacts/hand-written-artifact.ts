import type { Artifact, Dispatch, KernelSpec, TensorSpec } from "../../../compiler/artifact.ts";
import { loopId } from "../../../compiler/ir/axis-ids.ts";

type Expr = Artifact["stored"][number]["init"];

/** y = relu(x * weight + bias), then z = y / level: two kernels, one arena tensor, one immediate. */
export function handWrittenArtifact(options: { readonly packed?: boolean } = {}): Artifact {
  const stride = 4;
  const packed = options.packed ?? false;
  const tensors: TensorSpec[] = [
    tensor("x", [2, 4], 0, 0),
    packed
      ? {
          ...tensor("weight", [3, 4], 1, 0),
          bytes: 4 * stride * 4,
          packing: { kind: "transposed", rows: 3, columns: 4, stride },
        }
      : tensor("weight", [3, 4], 1, 0),
    tensor("bias", [3], 1, 256),
    tensor("y", [2, 3], 2, 0),
    tensor("z", [2, 3], 3, 0),
  ];
  const inputs: Artifact["inputs"] = [
    {
      name: "x",
      element: "f32",
      shape: [
        { name: "B", size: 2 },
        { name: "In", size: 4 },
      ],
      tensor: 0,
      reader: undefined,
    },
  ];
  const outputs: Artifact["outputs"] = [
    {
      name: "z",
      element: "f32",
      shape: [
        { name: "B", size: 2 },
        { name: "Out", size: 3 },
      ],
      tensor: 4,
    },
  ];
  return {
    version: 2,
    model: "Small",
    mode: "forward",
    sizes: { B: 2 },
    stored: [
      parameter("linear.weight", [3, 4], 1, ramp(12)),
      parameter("linear.bias", [3], 2, { kind: "constant", type: "f32", value: 0.5 }),
    ],
    inputs,
    outputs,
    steps: [
      {
        name: "forward",
        sizes: { B: 2 },
        inputs,
        outputs,
        from: 0,
        to: 2,
        macs: 24,
        paperMacs: 24,
      },
    ],
    macs: 24,
    paperMacs: 24,
    program: {
      tensors,
      buffers: [
        { name: "input", role: "input", bytes: 32 },
        { name: "parameters", role: "parameters", bytes: 512 },
        { name: "arena", role: "arena", bytes: 256 },
        { name: "output", role: "output", bytes: 256 },
      ],
      kernels: [
        kernel(
          "linear",
          linearText(packed ? stride : undefined),
          ["read", "read", "read", "read_write"],
          [],
        ),
        kernel("divide", divideText, ["read", "read_write"], [{ name: "level", type: "f32" }]),
      ],
      dispatches: [
        dispatch(0, [0, 1, 2, 3], "relu(linear)", "models/small.weft:3"),
        dispatch(1, [3, 4], "divide", "models/small.weft:4"),
      ],
      constants: [],
      plan: {
        weightBytes: 512,
        constantBytes: 0,
        arenaBytes: 256,
        lowerBound: 24,
        inputBytes: 32,
        outputBytes: 24,
        stateBytes: 0,
      },
    },
    checkpoint: undefined,
  };
}

function tensor(name: string, shape: number[], buffer: number, offset: number): TensorSpec {
  const bytes = shape.reduce((product, size) => product * size, 4);
  return { name, shape, storage: "f32", buffer, offset, bytes, packing: { kind: "row-major" } };
}

function parameter(
  path: string,
  shape: number[],
  index: number,
  init: Expr,
): Artifact["stored"][number] {
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    kind: "param",
    path,
    lifetime: "saved",
    writtenBy: [],
    free: [],
    shape: shape.map((size, axis) => ({ name: `A${axis}`, size })),
    tensor: index,
    init,
    initAxes: [{ axis: 0, extent: count }],
  };
}

/** Element i is i / 8. */
function ramp(extent: number): Expr {
  const position: Expr = { kind: "axis", axis: loopId(0), extent, type: "i32" };
  const real: Expr = { kind: "call", fn: "to_f32", args: [position], type: "f32" };
  return {
    kind: "call",
    fn: "mul",
    args: [real, { kind: "constant", type: "f32", value: 0.125 }],
    type: "f32",
  };
}

function kernel(
  name: string,
  wgsl: string,
  access: readonly ("read" | "read_write")[],
  immediates: KernelSpec["immediates"],
): KernelSpec {
  return {
    name,
    engine: "map",
    schedule: "by hand",
    wgsl,
    entryPoint: "main",
    bindings: access.map((each) => ({ access: each })),
    immediates,
    features: [],
  };
}

function dispatch(index: number, tensors: number[], label: string, place: string): Dispatch {
  return {
    kernel: index,
    workgroups: [1, 1, 1],
    tensors,
    label,
    part: "",
    places: [place],
    flops: 60,
    bytesRead: 100,
    bytesWritten: 24,
    holds: [],
    endsBecause: "",
  };
}

function linearText(stride: number | undefined): string {
  const at = stride === undefined ? "out * 4 + k" : `k * ${stride} + out`;
  return `
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 6u) { return; }
  let row = id.x / 3u;
  let out = id.x % 3u;
  var sum = bias[out];
  for (var k = 0u; k < 4u; k++) { sum += x[row * 4 + k] * weight[${at}]; }
  y[id.x] = max(sum, 0.0);
}`;
}

const divideText = `
requires immediate_address_space;
struct Immediates { level: f32 }
var<immediate> given: Immediates;
@group(0) @binding(0) var<storage, read> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> z: array<f32>;
@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= 6u) { return; }
  z[id.x] = y[id.x] / given.level;
}`;
