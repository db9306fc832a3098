import type { Expr } from "./ir/expr/expr-form.ts";
import type { StorageType } from "./ir/expr/scalar-types.ts";
import type { Reader } from "./ir/graph/graph.ts";

/**
 * What the runtime receives: plain data, serialisable as JSON, with no reference to compiler objects.
 * The only file of the compiler that `runtime/` imports.
 */
export interface Artifact {
  readonly version: number;
  readonly model: string;
  readonly mode: string;
  /** Sizes of the call's free axes that this program was planned for: `{ B: 1 }`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Parameters, buffers and states that the steps reach. */
  readonly stored: readonly StoredSpec[];
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  /** Entry points of the program, at least one; what stands beside them here is the first one's. */
  readonly steps: readonly StepSpec[];
  readonly program: Program;
  /** Multiply-accumulates of all contractions and attentions in one run. */
  readonly macs: number;
  /** The same as papers count vision transformers: attention without what a class token adds to it. */
  readonly paperMacs: number;
  /** Programs that make a parameter from a tensor of another size in the file (position embeddings). */
  readonly checkpoint: CheckpointSpec | undefined;
}

export interface Dimension {
  readonly name: string;
  readonly size: number;
}

/** A tensor that the runtime can fill by itself. */
interface Computed {
  /** Its number in `program.tensors`. */
  readonly tensor: number;
  /** Where one binding cannot hold it: the tensors that it lies in, in order; `tensor` is the first. */
  readonly parts?: readonly TensorPart[];
  /** One element as a function of the axes in `initAxes` (row-major over them). */
  readonly init: Expr;
  readonly initAxes: readonly { readonly axis: number; readonly extent: number }[];
}

/**
 * A tensor that is there before a run and after it: parameters, buffers, states. All steps of a mode share
 * it by its path. The runtime fills it, and saves it where it is to be saved.
 */
export interface StoredSpec extends Computed {
  readonly kind: "param" | "buffer" | "state";
  /** Declared path; the checkpoint key where no mapping says otherwise. */
  readonly path: string;
  readonly shape: readonly Dimension[];
  /** Set where the tensor holds whole numbers of few bits instead of the elements. */
  readonly quantized?: QuantizedSpec;
  /**
   * `saved`: filled once, and part of a checkpoint. `generation` and `step`: filled with `init` when a
   * generation or a step of training begins.
   */
  readonly lifetime: "saved" | "generation" | "step";
  /** Names of the steps that store to it: it then lies row-major in a buffer of its own. */
  readonly writtenBy: readonly string[];
  /** Dimensions that the calls bind (the batch): beams permute them. Only states have any. */
  readonly free: readonly number[];
}

/**
 * One entry point of the program: dispatches `from` to `to` (exclusive). A mode without steps has one,
 * called as the mode is. The same step may stand for several sizes of its free axes.
 */
export interface StepSpec {
  readonly name: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
  readonly from: number;
  readonly to: number;
  readonly macs: number;
  readonly paperMacs: number;
  /** Of a step that takes a prompt and chooses a token: positions that a prompt of full length takes. */
  readonly positions?: number;
}

/** Element n of the parameter is whole number n times element `n / group` of the tensor `scales`. */
export interface QuantizedSpec {
  readonly scales: number;
  readonly group: number;
  /** What the parameter would be stored as without quantisation. */
  readonly insteadOf: StorageType;
}

/** `count` elements of a parameter from number `first` on, row-major, are a tensor of their own. */
export interface TensorPart {
  readonly tensor: number;
  readonly first: number;
  readonly count: number;
}

export interface InputSpec extends OutputSpec {
  readonly reader: Reader | undefined;
  /** Where its numbers choose entries of a parameter, such as the rows of an embedding. */
  readonly ids?: IdRange | undefined;
}

/**
 * The step of a stage's program, before all others, whose outputs hang on the samples alone and not on what is trained:
 * they are inputs of the steps behind it, under these names with a number. No name of the language has a dot.
 */
export const frozenStep = "frozen";
export const frozenPrefix = `${frozenStep}.`;

/** Ids are 0 to `size - 1`, positions of the axis that is called so, or numbers that the program looks for. */
export interface IdRange {
  readonly axis: string;
  readonly size: number;
  readonly also: readonly number[];
}

/** An input before it has a tensor. */
export type InputForm = Omit<InputSpec, "tensor">;

/** What a call takes, with a size for each axis that its inputs may bind. */
export interface RecordForm {
  readonly inputs: readonly InputForm[];
  readonly sizes: Readonly<Record<string, number>>;
}

export interface OutputSpec {
  readonly name: string;
  readonly element: "f32" | "i32" | "u32" | "bool";
  readonly shape: readonly Dimension[];
  readonly tensor: number;
}

export interface Program {
  readonly tensors: readonly TensorSpec[];
  /** Buffers that the plan owns. Nothing else is ever allocated. */
  readonly buffers: readonly BufferSpec[];
  readonly kernels: readonly KernelSpec[];
  readonly dispatches: readonly Dispatch[];
  readonly constants: readonly ConstantSpec[];
  readonly plan: PlanSummary;
  /** Set where the weights are more than the device may hold at a time. */
  readonly streaming?: StreamingSpec;
}

/**
 * Weights that pass through two slots in turn: buffers with the role `slot`, in which the tensors of several
 * groups have the same bytes. Each segment of a step wants one group where its place is.
 */
export interface StreamingSpec {
  /** Bytes that all buffers together may have. */
  readonly budget: number;
  readonly groups: readonly {
    /** 0 or 1. */
    readonly slot: number;
    readonly tensors: readonly number[];
    readonly bytes: number;
  }[];
  /** In order, without gaps. A segment without a group runs on what stays on the device. */
  readonly segments: readonly {
    readonly from: number;
    readonly to: number;
    readonly group?: number;
  }[];
}

/**
 * What depends on positions alone, such as the angles of rotary positions. The runtime computes it in
 * float64 before the first run; no checkpoint has it, and it is no parameter.
 */
export interface ConstantSpec extends Computed {
  readonly name: string;
}

export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly storage: StorageType;
  /** Where it lies: buffer number, first byte, length. */
  readonly buffer: number;
  readonly offset: number;
  readonly bytes: number;
  readonly packing: Packing;
}

/**
 * How the elements of a tensor lie in its bytes. `transposed`: the tensor seen as a matrix of `rows` by
 * `columns` (row-major as stored in a file) lies as columns by rows, each line padded with zeros to
 * `stride` elements. `interleaved`: of each `lines` rows of `columns` elements, `run` elements of one lie
 * before as many of the next, so that a kernel that reads the rows side by side reads one stretch of memory
 * from front to back. 16-bit storage holds two elements per word in this order.
 */
export type Packing =
  | { readonly kind: "row-major" }
  | {
      readonly kind: "transposed";
      readonly rows: number;
      readonly columns: number;
      readonly stride: number;
    }
  | {
      readonly kind: "interleaved";
      readonly columns: number;
      readonly lines: number;
      readonly run: number;
    };

export interface BufferSpec {
  readonly name: string;
  readonly role: "parameters" | "slot" | "constants" | "states" | "arena" | "input" | "output";
  readonly bytes: number;
}

/** One WGSL text, compiled once however often it is dispatched. */
export interface KernelSpec {
  readonly name: string;
  readonly engine: string;
  readonly schedule: string;
  readonly wgsl: string;
  readonly entryPoint: string;
  /** Bindings of group 0 in order. */
  readonly bindings: readonly { readonly access: "read" | "read_write" }[];
  /** Names of `var<immediate>` fields in order, 4 bytes each; empty where there are none. */
  readonly immediates: readonly { readonly name: string; readonly type: "f32" | "i32" | "u32" }[];
  /** WebGPU features that the text needs: `subgroups`, `shader-f16`. */
  readonly features: readonly string[];
}

export interface Dispatch {
  readonly kernel: number;
  readonly workgroups: readonly [number, number, number];
  /** One per binding of the kernel. */
  readonly tensors: readonly number[];
  /** Bytes into each of them where its binding begins; without, all begin at their first element. */
  readonly shifts?: readonly number[];
  /** The name of the kernel as it stood before equal texts became one, and its part. */
  readonly label: string;
  /** The part that it serves first, `encoder.layers[3].attn.qkv`; empty outside of all parts. */
  readonly part: string;
  /** Source places served, `models/x.weft:12`. */
  readonly places: readonly string[];
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Set where it does again what a dispatch before it did, whose results were not kept. */
  readonly isAgain?: boolean;
  /** What the kernel holds and why it ends where it ends (`--emit fused`). */
  readonly holds: readonly string[];
  readonly endsBecause: string;
}

/** All in bytes. */
export interface PlanSummary {
  /** Of all weights that no step stores to, also those that are not on the device all the time. */
  readonly weightBytes: number;
  readonly constantBytes: number;
  readonly arenaBytes: number;
  /** The largest sum of simultaneously live intermediates, each at a place of its own. */
  readonly lowerBound: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Of what kernels read and write in place: states, and weights that a step stores to. */
  readonly stateBytes: number;
}

export interface CheckpointSpec {
  readonly layout: string;
  /** What to read for each parameter and buffer; those without a `source` are initialised. */
  readonly reads: readonly CheckpointRead[];
  /** Patterns of keys that may stay unused: `*` one name, `**` any rest. */
  readonly ignore: readonly string[];
  /** Keys outside this prefix belong to other parts of a larger model: listed, not an error. */
  readonly prefix: string;
}

export interface CheckpointRead {
  readonly parameter: string;
  readonly source: CheckpointSource | undefined;
  /** Where the file's grid has another size: the shape to expect there, and the program that resizes. */
  readonly resample:
    | {
        readonly shape: readonly number[];
        readonly program: Program;
        readonly input: number;
        readonly output: number;
      }
    | undefined;
}
export type CheckpointSource =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "concat"; readonly keys: readonly string[] }
  | { readonly kind: "transpose"; readonly key: string }
  | { readonly kind: "part"; readonly key: string; readonly index: number; readonly of: number };
