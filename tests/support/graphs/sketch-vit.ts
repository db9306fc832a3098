import type { Axis, Graph, Value } from "../../../compiler/ir/graph/graph.ts";
import { Sketch } from "./sketch.ts";

interface VitSizes {
  readonly batch: number;
  readonly grid: number;
  readonly patch: number;
  readonly heads: number;
  readonly head: number;
  readonly hidden: number;
  readonly depth: number;
}

/** InternViT as the checker would elaborate it: parts rename axes at their border, `real` is undecided. */
export function sketchVit(sizes: VitSizes): { readonly sketch: Sketch; readonly graph: Graph } {
  const s = new Sketch();
  const [b, rgb] = [s.axis("B", sizes.batch), s.axis("Rgb", 3)];
  const [row, col] = [s.axis("Row", sizes.grid), s.axis("Col", sizes.grid)];
  const cls = s.axis("Cls", 1);
  const tok = s.join("Tok", [cls], [row, col]);
  const d = s.axis("D", sizes.heads * sizes.head);
  const [y, x] = [s.axis("Y", sizes.grid * sizes.patch), s.axis("X", sizes.grid * sizes.patch)];
  const pixels = s.input("pixels", [b, rgb, y, x]);
  s.path = "embeddings.patch_embedding";
  const [ky, kx] = [s.axis("Ky", sizes.patch), s.axis("Kx", sizes.patch)];
  const tiles = s.split(s.split(s.convert(pixels, "real"), y, row, ky), x, col, kx);
  const weight = s.parameter("weight", [d, rgb, ky, kx], "real");
  const patches = s.add(s.sum(s.mul(tiles, weight), rgb, ky, kx), s.parameter("bias", [d], "real"));
  s.path = "";
  const joined = s.concat(tok, s.parameter("class_embedding", [cls, d], "real"), patches);
  let tokens = s.add(joined, s.parameter("position_embedding", [tok, d], "real"));
  for (let layer = 0; layer < sizes.depth; layer++) tokens = block(s, sizes, layer, tokens, d, tok);
  return { sketch: s, graph: s.graph({ features: s.reorder(tokens, b, tok, d) }) };
}

function block(s: Sketch, sizes: VitSizes, layer: number, x: Value, d: Axis, tok: Axis): Value {
  const at = (name: string): void => {
    s.path = `encoder.layers.${layer}${name}`;
  };
  const scaled = (name: string, branch: Value): Value => {
    at("");
    return s.mul(s.parameter(name, [d], "real"), branch);
  };
  at(".norm1");
  const first = rmsNorm(s, x, [d]);
  const middle = s.add(x, scaled("ls1", attention(s, sizes, layer, first, d, tok)));
  at(".norm2");
  const second = rmsNorm(s, middle, [d]);
  at(".mlp.fc1");
  const hidden = s.axis("Hidden", sizes.hidden);
  const wide = gelu(s, linear(s, second, [d], [hidden], true));
  at(".mlp.fc2");
  const out = s.twin("Out", d);
  const narrow = s.rename(linear(s, wide, [hidden], [out], true), out, d);
  return s.add(middle, scaled("ls2", narrow));
}

function attention(s: Sketch, sizes: VitSizes, layer: number, x: Value, d: Axis, n: Axis): Value {
  const at = (name: string): void => {
    s.path = `encoder.layers.${layer}.attn${name}`;
  };
  const [three, heads, head] = [
    s.axis("Three", 3),
    s.axis("Heads", sizes.heads),
    s.axis("Head", sizes.head),
  ];
  at(".qkv");
  const qkv = linear(s, x, [d], [three, heads, head], false);
  at("");
  const m = s.twin("M", n);
  const part = (position: number): Value => s.element(qkv, three, position);
  const [q, k, v] = [part(0), part(1), part(2)];
  at(".q_norm");
  const query = rmsNorm(s, q, [heads, head]);
  at(".k_norm");
  const key = s.rename(rmsNorm(s, k, [heads, head]), n, m);
  at("");
  const values = s.rename(v, n, m);
  const score = s.sum(s.mul(s.mul(query, sizes.head ** -0.5), key), head);
  const masked = s.where(s.number(1, "bool"), score, s.number(0, "real"));
  const weights = softmax(s, masked, m);
  const mixed = s.sum(s.mul(weights, values), m);
  at(".proj");
  const out = s.twin("Out", d);
  return s.rename(linear(s, mixed, [heads, head], [out], true), out, d);
}

function linear(
  s: Sketch,
  x: Value,
  from: readonly Axis[],
  to: readonly Axis[],
  biased: boolean,
): Value {
  const y = s.sum(s.mul(x, s.parameter("weight", [...to, ...from], "real")), ...from);
  return biased ? s.add(y, s.parameter("bias", to, "real")) : y;
}

export function rmsNorm(s: Sketch, x: Value, axes: readonly Axis[]): Value {
  const wide = s.convert(x, "f32");
  const scale = s.rsqrt(s.add(s.mean(s.pow(wide, 2), ...axes), 1e-6));
  return s.mul(s.parameter("weight", axes, "real"), s.convert(s.mul(wide, scale), "real"));
}

export function softmax(s: Sketch, x: Value, k: Axis): Value {
  const wide = s.convert(x, "f32");
  const top = s.stopGradient(s.max(wide, k));
  const total = s.add(top, s.log(s.sum(s.exp(s.sub(wide, top)), k)));
  return s.convert(s.exp(s.sub(wide, total)), "real");
}

function gelu(s: Sketch, x: Value): Value {
  return s.mul(s.mul(s.number(0.5, x.type.element), x), s.add(s.erf(s.div(x, Math.SQRT2)), 1));
}
