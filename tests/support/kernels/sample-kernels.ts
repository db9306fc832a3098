import { loopId } from "../../../compiler/ir/axis-ids.ts";
import { axisIndex, call, floatConstant, select } from "../../../compiler/ir/expr/expr.ts";
import type { Expr } from "../../../compiler/ir/expr/expr-form.ts";
import type { StorageType } from "../../../compiler/ir/expr/scalar-types.ts";
import type { Engine } from "../../../compiler/ir/kernel/engines/engine-registry.ts";
import type { Kernel } from "../../../compiler/ir/kernel/kernel.ts";
import type { KernelTensor } from "../../../compiler/ir/kernel/kernel-tensor.ts";
import type { LoopAxis, Store } from "../../../compiler/ir/kernel/loops.ts";
import type { ScalarFn } from "../../../compiler/ir/scalar-functions/scalar-functions.ts";

/** A kernel with the tensors that it works on. */
export interface SampleKernel {
  readonly kernel: Kernel;
  readonly tensors: readonly KernelTensor[];
  /** Floating-point operations of the engine. */
  readonly flops: number;
}

/** Builds a kernel with axes and tensors numbered in the order in which they are asked for. */
export class SampleBuilder {
  readonly tensors: KernelTensor[] = [];
  #axes = 0;

  axis(extent: number): LoopAxis {
    const id = loopId(this.#axes++);
    return { id, name: `a${id}`, extent };
  }

  tensor(
    role: KernelTensor["role"],
    shape: readonly number[],
    storage: StorageType = "f32",
  ): number {
    const id = this.tensors.length;
    this.tensors.push({ id, name: `n${id}`, role, shape, storage });
    return id;
  }

  done(name: string, engine: Engine, stores: readonly Store[], flops = 0): SampleKernel {
    const kernel = { name, engine, stores, holds: [], places: [], endsBecause: "it is a sample" };
    return { kernel, tensors: this.tensors, flops };
  }
}

export function at(axis: LoopAxis): Expr {
  return axisIndex(axis.id, axis.extent);
}
export function load(tensor: number, ...positions: readonly Expr[]): Expr {
  return { kind: "load", tensor, at: positions, type: "f32" };
}
export function reduced(reduction: number): Expr {
  return { kind: "reduced", reduction, type: "f32" };
}
export function real(fn: ScalarFn, ...args: readonly Expr[]): Expr {
  return call(fn, args, "f32");
}

export interface ContractionOptions {
  /** f16 parameters and results. */
  readonly storage?: StorageType;
  readonly batch?: number;
  /** How the right operand lies: by column (`[N, K]`, as checkpoints have it) or by inner position. */
  readonly right?: "by-column" | "by-inner";
  readonly rightRole?: KernelTensor["role"];
  /** How the left operand lies: by row, or turned, as activations do for the gradient of a weight. */
  readonly left?: "by-row" | "by-inner";
  /** Adds a bias, applies an exact GELU and adds a residual. */
  readonly epilogue?: boolean;
}

/** `[batch, M, K] x [N, K] -> [batch, M, N]`. */
export function contraction(
  m: number,
  k: number,
  n: number,
  options: ContractionOptions = {},
): SampleKernel {
  const build = new SampleBuilder();
  const storage = options.storage ?? "f32";
  const batch = options.batch === undefined ? [] : [build.axis(options.batch)];
  const [rows, columns, inner] = [build.axis(m), build.axis(n), build.axis(k)];
  const outer = batch.map((axis) => axis.extent);
  const isByColumn = options.right !== "by-inner";
  const isByRow = options.left !== "by-inner";
  const x = build.tensor("input", [...outer, ...(isByRow ? [m, k] : [k, m])], storage);
  const w = build.tensor(options.rightRole ?? "parameter", isByColumn ? [n, k] : [k, n], storage);
  const bias = build.tensor("parameter", [n], storage);
  const residual = build.tensor("input", [...outer, m, n], storage);
  const y = build.tensor("output", [...outer, m, n], storage);
  const place = [...batch.map(at), at(rows), at(columns)];
  const plain = reduced(0);
  const value = options.epilogue
    ? real("add", gelu(real("add", plain, load(bias, at(columns)))), load(residual, ...place))
    : plain;
  return build.done(
    `contraction ${m}x${k}x${n}`,
    {
      kind: "contract",
      batch,
      rows: [rows],
      columns: [columns],
      inner: [inner],
      left: load(x, ...batch.map(at), ...(isByRow ? [rows, inner] : [inner, rows]).map(at)),
      right: isByColumn ? load(w, at(columns), at(inner)) : load(w, at(inner), at(columns)),
    },
    [{ tensor: y, at: place, value }],
    2 * m * k * n * (options.batch ?? 1),
  );
}

function gelu(x: Expr): Expr {
  const half = real("mul", x, floatConstant(0.5));
  const erf = real("erf", real("mul", x, floatConstant(Math.SQRT1_2)));
  return real("mul", half, real("add", erf, floatConstant(1)));
}

/** Patches of an image times a matrix: the inner axes are channel, line and column of the patch. */
export function patchEmbedding(
  side: number,
  patch: number,
  width: number,
  batch: number,
): SampleKernel {
  const build = new SampleBuilder();
  const count = side / patch;
  const [b, py, px] = [build.axis(batch), build.axis(count), build.axis(count)];
  const d = build.axis(width);
  const [c, i, j] = [build.axis(3), build.axis(patch), build.axis(patch)];
  const image = build.tensor("input", [batch, 3, side, side]);
  const w = build.tensor("parameter", [width, 3, patch, patch]);
  const y = build.tensor("output", [batch, count, count, width]);
  const step = (tile: LoopAxis, inside: LoopAxis): Expr => {
    const start = call("mul", [at(tile), { kind: "constant", type: "i32", value: patch }], "i32");
    return call("add", [start, at(inside)], "i32");
  };
  return build.done(
    `patches ${side}/${patch}`,
    {
      kind: "contract",
      batch: [],
      rows: [b, py, px],
      columns: [d],
      inner: [c, i, j],
      left: load(image, at(b), at(c), step(py, i), step(px, j)),
      right: load(w, at(d), at(c), at(i), at(j)),
    },
    [{ tensor: y, at: [at(b), at(py), at(px), at(d)], value: reduced(0) }],
    2 * batch * count * count * 3 * patch * patch * width,
  );
}

interface AttentionOptions {
  readonly storage?: StorageType;
  readonly keys?: number;
  readonly mask?: "causal" | "some" | "all";
}

/** Heads interleaved in the last dimension of one tensor `[batch, tokens, 3, heads, width]`, as projections leave them. */
export function attention(
  batch: number,
  heads: number,
  tokens: number,
  width: number,
  options: AttentionOptions = {},
): SampleKernel {
  const build = new SampleBuilder();
  const keyCount = options.keys ?? tokens;
  const [b, h] = [build.axis(batch), build.axis(heads)];
  const [q, k] = [build.axis(tokens), build.axis(keyCount)];
  const [e, d] = [build.axis(width), build.axis(width)];
  const query = build.tensor("input", [batch, tokens, heads, width], options.storage);
  const keys = build.tensor("input", [batch, keyCount, 2, heads, width], options.storage);
  const y = build.tensor("output", [batch, tokens, heads, width], options.storage);
  const part = (n: number): Expr => ({ kind: "constant", type: "i32", value: n });
  const masks: Record<NonNullable<AttentionOptions["mask"]>, Expr> = {
    causal: call("ge", [at(q), at(k)], "bool"),
    // Row 1 sees nothing, other rows see every third key.
    some: select(
      call("eq", [at(q), part(1)], "bool"),
      { kind: "constant", type: "bool", value: 0 },
      call(
        "eq",
        [call("mod", [call("add", [at(k), at(q)], "i32"), part(3)], "i32"), part(0)],
        "bool",
      ),
    ),
    all: { kind: "constant", type: "bool", value: 0 },
  };
  return build.done(
    `attention ${batch}x${heads}x${tokens}x${width}`,
    {
      kind: "attend",
      batch: [b, h],
      queries: [q],
      keys: [k],
      inner: [e],
      valueAxes: [d],
      query: load(query, at(b), at(q), at(h), at(e)),
      key: load(keys, at(b), at(k), part(0), at(h), at(e)),
      value: load(keys, at(b), at(k), part(1), at(h), at(d)),
      mask: options.mask === undefined ? undefined : masks[options.mask],
      scale: 1 / Math.sqrt(width),
    },
    [{ tensor: y, at: [at(b), at(q), at(h), at(d)], value: reduced(0) }],
    4 * batch * heads * tokens * keyCount * width,
  );
}

/** `(x - mean) * rsqrt(variance + eps) * scale` and the reciprocal deviation of each row. */
export function layerNorm(rows: number, width: number, storage: StorageType = "f32"): SampleKernel {
  const build = new SampleBuilder();
  const [r, d] = [build.axis(rows), build.axis(width)];
  const x = build.tensor("input", [rows, width], storage);
  const scale = build.tensor("parameter", [width], storage);
  const y = build.tensor("output", [rows, width], storage);
  const deviation = build.tensor("output", [rows]);
  const element = load(x, at(r), at(d));
  const share = floatConstant(1 / width);
  const centred = real("sub", element, real("mul", reduced(0), share));
  const variance = real("mul", reduced(1), share);
  const rsqrt = real("rsqrt", real("add", variance, floatConstant(1e-6)));
  return build.done(
    `layer norm ${rows}x${width}`,
    {
      kind: "row",
      grid: [r],
      lanes: [d],
      reductions: [
        { combine: "sum", value: element, type: "f32" },
        { combine: "sum", value: real("mul", centred, centred), type: "f32" },
      ],
    },
    [
      {
        tensor: y,
        at: [at(r), at(d)],
        value: real("mul", real("mul", centred, rsqrt), load(scale, at(d))),
      },
      { tensor: deviation, at: [at(r)], value: rsqrt, perRow: true },
    ],
    7 * rows * width,
  );
}

/** Random elements for every tensor that the kernel does not write. */
export function randomElements(
  sample: SampleKernel,
  random: () => number,
): Map<number, Float64Array> {
  const written = new Set(sample.kernel.stores.map((store) => store.tensor));
  const given = new Map<number, Float64Array>();
  for (const { id, shape, storage } of sample.tensors) {
    if (written.has(id)) continue;
    const length = shape.reduce((product, extent) => product * extent, 1);
    // Multiples of 2^-8 below 1 are exact in f16, so storage adds no error of its own.
    const real = () => Math.round((random() - 0.5) * 256) / 256;
    const whole = () => Math.floor(random() * 12) - 2;
    const byte = () => Math.floor(random() * 255) - 127;
    const nibble = () => Math.floor(random() * 16) - 8;
    const numbers = {
      i32: whole,
      i8: byte,
      i4: nibble,
      u32: real,
      f32: real,
      f16: real,
      bf16: real,
    };
    given.set(id, Float64Array.from({ length }, numbers[storage]));
  }
  return given;
}
