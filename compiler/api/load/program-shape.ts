import type {
  BufferSpec,
  ConstantSpec,
  Dispatch,
  KernelSpec,
  Packing,
  PlanSummary,
  Program,
  StreamingSpec,
  TensorSpec,
} from "../../artifact.ts";
import { initAxes, initialiser, parts, storageType } from "./initialiser-shape.ts";
import {
  count,
  type Kind,
  list,
  oneOf,
  optional,
  real,
  record,
  text,
  three,
  truth,
  variants,
} from "./shape.ts";

const packing = variants<Packing>({
  "row-major": record<Kind<Packing, "row-major">>({ kind: oneOf("row-major") }),
  transposed: record<Kind<Packing, "transposed">>({
    kind: oneOf("transposed"),
    rows: count,
    columns: count,
    stride: count,
  }),
  interleaved: record<Kind<Packing, "interleaved">>({
    kind: oneOf("interleaved"),
    columns: count,
    lines: count,
    run: count,
  }),
});

export const program = record<Program>({
  tensors: list(
    record<TensorSpec>({
      name: text,
      shape: list(count),
      storage: storageType,
      buffer: count,
      offset: count,
      bytes: count,
      packing,
    }),
  ),
  buffers: list(
    record<BufferSpec>({
      name: text,
      role: oneOf<BufferSpec["role"]>(
        "parameters",
        "slot",
        "constants",
        "states",
        "arena",
        "input",
        "output",
      ),
      bytes: count,
    }),
  ),
  kernels: list(
    record<KernelSpec>({
      name: text,
      engine: text,
      schedule: text,
      wgsl: text,
      entryPoint: text,
      bindings: list(
        record<KernelSpec["bindings"][number]>({ access: oneOf("read", "read_write") }),
      ),
      immediates: list(
        record<KernelSpec["immediates"][number]>({ name: text, type: oneOf("f32", "i32", "u32") }),
      ),
      features: list(text),
    }),
  ),
  dispatches: list(
    record<Dispatch>({
      kernel: count,
      workgroups: three(count),
      tensors: list(count),
      shifts: optional(list(count)),
      label: text,
      part: text,
      places: list(text),
      flops: real,
      bytesRead: real,
      bytesWritten: real,
      isAgain: optional(truth),
      holds: list(text),
      endsBecause: text,
    }),
  ),
  constants: list(
    record<ConstantSpec>({ name: text, tensor: count, parts, init: initialiser, initAxes }),
  ),
  plan: record<PlanSummary>({
    weightBytes: real,
    constantBytes: real,
    arenaBytes: real,
    lowerBound: real,
    inputBytes: real,
    outputBytes: real,
    stateBytes: real,
  }),
  streaming: optional(
    record<StreamingSpec>({
      budget: count,
      groups: list(
        record<StreamingSpec["groups"][number]>({
          slot: count,
          tensors: list(count),
          bytes: count,
        }),
      ),
      segments: list(
        record<StreamingSpec["segments"][number]>({
          from: count,
          to: count,
          group: optional(count),
        }),
      ),
    }),
  ),
});
