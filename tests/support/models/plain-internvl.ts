/**
 * InternVL once more, in the plainest float64 there is: rows of numbers and loops, written from the paper
 * and the official code, not from our models. Every option is a mistake that is easily made.
 */
export type Rows = readonly (readonly number[])[];
export type Weight = (path: string) => ArrayLike<number>;

interface Sizes {
  readonly width: number;
  readonly heads: number;
  readonly depth: number;
}

export interface VitMistakes {
  readonly finalNorm?: boolean;
  readonly qkNormPerHead?: boolean;
  readonly noLayerScale?: boolean;
  readonly tanhGelu?: boolean;
  readonly noPatchBias?: boolean;
  readonly noProjBias?: boolean;
  readonly patchLast?: boolean;
}

interface Vision extends Sizes {
  readonly image: number;
  readonly patch: number;
}

/** All tokens after the first `after` blocks. `pixels` is [3, image, image]. */
export function plainVit(
  weight: Weight,
  pixels: ArrayLike<number>,
  { width, heads, image, patch, depth }: Vision,
  mistakes: VitMistakes = {},
  after = depth,
): Rows {
  const grid = image / patch;
  const places = range(grid).flatMap((row) => range(grid).map((column) => ({ row, column })));
  const vectors = places.map(({ row, column }) => {
    const cells = range(patch).flatMap((y) => range(patch).map((x) => ({ y, x })));
    const level = (channel: number, { y, x }: { y: number; x: number }): number =>
      at(pixels, (channel * image + row * patch + y) * image + column * patch + x);
    return mistakes.patchLast
      ? cells.flatMap((cell) => range(3).map((channel) => level(channel, cell)))
      : range(3).flatMap((channel) => cells.map((cell) => level(channel, cell)));
  });
  const bias = mistakes.noPatchBias ? undefined : weight("embeddings.patch_embedding.bias");
  const patches = linear(vectors, weight("embeddings.patch_embedding.weight"), bias);
  const classToken = Array.from(weight("embeddings.class_embedding"));
  const position = weight("embeddings.position_embedding");
  let x: Rows = [classToken, ...patches].map((row, n) =>
    row.map((value, d) => value + at(position, n * width + d)),
  );
  for (const layer of range(after)) x = vitBlock(x, weight, layer, heads, mistakes);
  return mistakes.finalNorm ? rmsNorm(x, ones(width), 1e-6) : x;
}

function vitBlock(x: Rows, weight: Weight, layer: number, heads: number, m: VitMistakes): Rows {
  const of = (name: string) => weight(`encoder.layers.${layer}.${name}`);
  const width = x[0]?.length ?? 0;
  const qkv = linear(rmsNorm(x, of("norm1.weight"), 1e-6), of("attn.qkv.weight"));
  const [q, k, v] = range(3).map((n) => qkv.map((row) => row.slice(n * width, (n + 1) * width)));
  const norm = (rows: Rows = [], name: string): Rows => {
    const own = Array.from(of(name));
    if (!m.qkNormPerHead) return rmsNorm(rows, own, 1e-6);
    const head = width / heads;
    const parts = range(heads).map((n) => {
      const part = rows.map((row) => row.slice(n * head, (n + 1) * head));
      return rmsNorm(part, own.slice(n * head, (n + 1) * head), 1e-6);
    });
    return rows.map((_, n) => parts.flatMap((part) => part[n] ?? []));
  };
  const mixed = attend(
    norm(q, "attn.q_norm.weight"),
    norm(k, "attn.k_norm.weight"),
    v ?? [],
    heads,
  );
  const bias = m.noProjBias ? undefined : of("attn.proj.bias");
  const scaled = (rows: Rows, name: string): Rows =>
    m.noLayerScale ? rows : rows.map((row) => row.map((value, d) => value * at(of(name), d)));
  const middle = add(x, scaled(linear(mixed, of("attn.proj.weight"), bias), "ls1"));
  const hidden = linear(
    rmsNorm(middle, of("norm2.weight"), 1e-6),
    of("mlp.fc1.weight"),
    of("mlp.fc1.bias"),
  );
  const active = hidden.map((row) => row.map(m.tanhGelu ? geluByTanh : gelu));
  return add(middle, scaled(linear(active, of("mlp.fc2.weight"), of("mlp.fc2.bias")), "ls2"));
}

export interface PoolMistakes {
  readonly queryWithoutClass?: boolean;
  readonly oneNorm?: boolean;
  readonly residual?: boolean;
  readonly heads?: number;
  readonly eps?: number;
}

/** One vector from many: the mean asks, all answer. */
export function plainPool(
  weight: Weight,
  x: Rows,
  heads: number,
  mistakes: PoolMistakes = {},
): readonly number[] {
  const eps = mistakes.eps ?? 1e-5;
  const asking = mistakes.queryWithoutClass ? x.slice(1) : x;
  const mean = range(x[0]?.length ?? 0).map(
    (d) => asking.reduce((sum, row) => sum + at(row, d), 0) / asking.length,
  );
  const branch = (rows: Rows, name: string): Rows => {
    const norm = mistakes.oneNorm ? "norm1_q" : `norm1_${name}`;
    const normed = layerNorm(rows, weight(`${norm}.weight`), weight(`${norm}.bias`), eps);
    return linear(normed, weight(`cross_attn.${name}.weight`), weight(`cross_attn.${name}_bias`));
  };
  const mixed = attend(
    branch([mean], "q"),
    branch(x, "k"),
    branch(x, "v"),
    mistakes.heads ?? heads,
  );
  const full = mistakes.residual ? add(mixed, [mean]) : mixed;
  return linear(full, weight("cross_attn.proj.weight"), weight("cross_attn.proj.bias"))[0] ?? [];
}

export interface QllamaMistakes {
  readonly crossEverywhere?: boolean;
  readonly crossOddLayers?: boolean;
  readonly crossBeforeSelf?: boolean;
  readonly crossWithPositions?: boolean;
  readonly crossWithoutNorms?: boolean;
  readonly noFinalNorm?: boolean;
}

interface Qllama extends Sizes {
  readonly queries: number;
  readonly eps: number;
}

/** Which position may look at which. */
export type Mask = (row: number, column: number) => boolean;

/** LLaMA whose first positions are queries that look at the image in every second layer. */
export function plainQllama(
  weight: Weight,
  input: Rows,
  mask: Mask,
  image: Rows | undefined,
  { heads, depth, queries, eps }: Qllama,
  m: QllamaMistakes = {},
): Rows {
  let x = input;
  for (const layer of range(depth)) {
    const of = (name: string) => weight(`model.layers.${layer}.${name}`);
    const isCross = image !== undefined && layer % 2 === (m.crossOddLayers ? 1 : 0);
    const cross = (rows: Rows): Rows => {
      if (!isCross) return rows;
      const from = weight;
      const name = (part: string) =>
        from(`model.layers.${m.crossOddLayers ? layer - 1 : layer}.cross_attn.${part}`);
      const asking = m.crossEverywhere ? rows : rows.slice(0, queries);
      const normed = (given: Rows, norm: string): Rows =>
        m.crossWithoutNorms ? given : rmsNorm(given, name(norm), eps);
      const seen = normed(image ?? [], "norm2.weight");
      const project = (given: Rows, part: string): Rows => linear(given, name(`${part}.weight`));
      const [q, k] = [project(normed(asking, "norm1.weight"), "q_proj"), project(seen, "k_proj")];
      const turned = m.crossWithPositions ? [rope(q, heads), rope(k, heads)] : [q, k];
      const mixed = attend(turned[0] ?? [], turned[1] ?? [], project(seen, "v_proj"), heads);
      return [...add(asking, project(mixed, "o_proj")), ...rows.slice(asking.length)];
    };
    if (m.crossBeforeSelf) x = cross(x);
    const normed = rmsNorm(x, of("input_layernorm.weight"), eps);
    const own = (name: string): Rows => linear(normed, of(`self_attn.${name}_proj.weight`));
    const mixed = attend(rope(own("q"), heads), rope(own("k"), heads), own("v"), heads, mask);
    x = add(x, linear(mixed, of("self_attn.o_proj.weight")));
    if (!m.crossBeforeSelf) x = cross(x);
    const wide = rmsNorm(x, of("post_attention_layernorm.weight"), eps);
    const up = linear(wide, of("mlp.up_proj.weight"));
    const gate = linear(wide, of("mlp.gate_proj.weight"));
    const hidden = gate.map((row, n) => row.map((g, d) => (g / (1 + Math.exp(-g))) * at(up[n], d)));
    x = add(x, linear(hidden, of("mlp.down_proj.weight")));
  }
  return m.noFinalNorm ? x : rmsNorm(x, weight("model.norm.weight"), eps);
}

/** Pairs `(i, i + head / 2)`, turned by `position / 10000 ^ (2 i / head)`. */
function rope(x: Rows, heads: number): Rows {
  return x.map((row, position) => {
    const head = row.length / heads;
    return row.map((value, d) => {
      const [i, half] = [d % head, head / 2];
      const angle = position * 10000 ** ((-2 * (i % half)) / head);
      const other = i < half ? -at(row, d + half) : at(row, d - half);
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  });
}

function attend(q: Rows, k: Rows, v: Rows, heads: number, mask: Mask = () => true): Rows {
  return q.map((row, n) => {
    const head = row.length / heads;
    return range(heads).flatMap((h) => {
      const part = (other: readonly number[]) => other.slice(h * head, (h + 1) * head);
      const own = part(row);
      const scores = k.map((key, m) =>
        mask(n, m) ? dot(own, part(key)) / Math.sqrt(head) : Number.NEGATIVE_INFINITY,
      );
      const top = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - top));
      const total = powers.reduce((sum, power) => sum + power, 0);
      return range(head).map(
        (d) => v.reduce((sum, value, m) => sum + at(powers, m) * at(part(value), d), 0) / total,
      );
    });
  });
}

export function linear(x: Rows, weight: ArrayLike<number>, bias?: ArrayLike<number>): Rows {
  const inner = x[0]?.length ?? 1;
  const outer = weight.length / inner;
  return x.map((row) =>
    range(outer).map(
      (o) =>
        row.reduce((sum, value, i) => sum + value * at(weight, o * inner + i), 0) +
        (bias === undefined ? 0 : at(bias, o)),
    ),
  );
}

function rmsNorm(x: Rows, weight: ArrayLike<number>, eps: number): Rows {
  return x.map((row) => {
    const scale = 1 / Math.sqrt(dot(row, row) / row.length + eps);
    return row.map((value, d) => value * scale * at(weight, d));
  });
}

function layerNorm(x: Rows, weight: ArrayLike<number>, bias: ArrayLike<number>, eps: number): Rows {
  return x.map((row) => {
    const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
    const [centered] = rmsNorm([row.map((value) => value - mean)], weight, eps);
    return (centered ?? []).map((value, d) => value + at(bias, d));
  });
}

export function unit(x: readonly number[]): readonly number[] {
  const norm = Math.sqrt(dot(x, x));
  return x.map((value) => value / norm);
}

function gelu(x: number): number {
  // The series of the error function, which is exact enough for the small numbers here.
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; n < 80; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 * x * (1 + (2 / Math.sqrt(Math.PI)) * sum);
}

function geluByTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function add(a: Rows, b: Rows): Rows {
  return a.map((row, n) => row.map((value, d) => value + at(b[n], d)));
}

export function rowsOf(data: ArrayLike<number>, width: number): Rows {
  const all = Array.from(data);
  return range(all.length / width).map((n) => all.slice(n * width, (n + 1) * width));
}

export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n);
}

function ones(count: number): readonly number[] {
  return range(count).map(() => 1);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, n) => sum + value * at(b, n), 0);
}

/** A number that is not there is a mistake of the test, and shows. */
function at(list: ArrayLike<number> | undefined, place: number): number {
  return list?.[place] ?? Number.NaN;
}
