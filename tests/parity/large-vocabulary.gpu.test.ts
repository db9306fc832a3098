import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryLoader } from "../../compiler/api/load/memory-loader.ts";
import { compileStage } from "../../compiler/compile-stage.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import { type DeviceProfile, portableProfile } from "../../compiler/ir/device-profile.ts";
import type { StageArtifact } from "../../compiler/stage-artifact.ts";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { parseWeightSource } from "../../runtime/weights/weight-source.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { generator } from "../support/graphs/random-tensors.ts";
import { openTestDevice } from "../support/open-test-device.ts";

/** The ends of a language model: a table of words, and a head over them. */
const text = `
import { next_token } from "std/losses"
import { Embedding, Linear } from "std/layers"
model Words<Vocab = 16411, D = 16>() {
  use table = Embedding<Vocab, D>()
  use head = Linear<D, Vocab>(biased: false)
  mode words(ids: i32[N]) -> [N, D] { table(ids) }
}
stage language of Words(ids: i32[B, N], labels: i32[B, N]) {
  train everything else at lr 1e-3
  loss { next_token{N, Vocab}(head(table(ids)), labels) }
}
`;

interface Sizes {
  readonly words: number;
  readonly width: number;
  readonly tokens: number;
}

function compiled({ words, width, tokens }: Sizes, profile: DeviceProfile): StageArtifact {
  const { artifact, diagnostics } = compileStage({
    entry: "words.weft",
    loader: memoryLoader("words.weft", text),
    stage: "language",
    overrides: [
      { path: "Vocab", value: words },
      { path: "D", value: width },
    ],
    sizes: { B: 1, N: tokens },
    profile,
  });
  if (artifact === undefined) throw new Error(renderDiagnostics(diagnostics));
  return artifact;
}

/** The artifact makes no tensor as large as the logits; the table's gradient adds up rows of tokens and no more. */
function expectSmall(
  { program: { tensors, buffers, dispatches } }: StageArtifact,
  { words, width, tokens }: Sizes,
): void {
  const counts = tensors
    .filter(({ buffer }) => buffers[buffer]?.role === "arena")
    .map(({ shape }) => shape.reduce((product, extent) => product * extent, 1));
  expect(4 * Math.max(...counts)).toBeLessThanOrEqual(32 * 2 ** 20);
  expect(Math.max(...counts)).toBeLessThan(words * tokens);
  const ofTable = dispatches.filter(({ part }) => part === "table");
  expect(ofTable.length).toBeGreaterThan(0);
  const flops = ofTable.reduce((sum, dispatch) => sum + dispatch.flops, 0);
  expect(flops).toBeLessThanOrEqual(4 * tokens * width);
}

interface Batch {
  readonly ids: Int32Array;
  readonly labels: Int32Array;
  readonly table: Float32Array;
  readonly head: Float32Array;
}

/** A few words come again and again, and one label in ten counts for nothing. */
function drawn({ words, width, tokens }: Sizes): Batch {
  const next = generator(11);
  const word = (): number => Math.floor(next() * (next() < 0.3 ? 5 : words));
  const scale = 2 / width ** 0.25;
  const weights = (): Float32Array =>
    Float32Array.from({ length: words * width }, () => scale * (2 * next() - 1));
  return {
    ids: Int32Array.from({ length: tokens }, word),
    labels: Int32Array.from({ length: tokens }, () => (next() < 0.1 ? -100 : word())),
    table: weights(),
    head: weights(),
  };
}

interface Sampled {
  readonly loss: number;
  /** Rows of the gradients, by word. */
  readonly head: ReadonlyMap<number, Float64Array>;
  readonly table: ReadonlyMap<number, Float64Array>;
}

/** The loss and some rows of its gradients in float64. */
function reference(
  { ids, labels, table, head }: Batch,
  { words, width }: Sizes,
  rows: readonly number[],
): Sampled {
  const targets = Array.from(ids, (_, n) => labels[n + 1] ?? -100);
  const count = targets.filter((target) => target !== -100).length;
  const zeros = () => new Map(rows.map((row) => [row, new Float64Array(width)]));
  const [ofHead, ofTable] = [zeros(), zeros()];
  const logits = new Float64Array(words);
  let loss = 0;
  for (const [n, target] of targets.entries()) {
    if (target === -100) continue;
    const from = (ids[n] ?? 0) * width;
    const hidden = Float64Array.from(table.subarray(from, from + width));
    let top = Number.NEGATIVE_INFINITY;
    for (let word = 0; word < words; word++) {
      let sum = 0;
      for (let d = 0; d < width; d++)
        sum += (hidden[d] as number) * (head[word * width + d] as number);
      logits[word] = sum;
      top = Math.max(top, sum);
    }
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0);
    loss += (top + Math.log(total) - (logits[target] ?? 0)) / count;
    const slope = (word: number): number => {
      const weight = Math.exp((logits[word] as number) - top) / total;
      return (weight - (word === target ? 1 : 0)) / count;
    };
    for (const [word, row] of ofHead) {
      const own = slope(word);
      for (let d = 0; d < width; d++) row[d] = (row[d] as number) + own * (hidden[d] as number);
    }
    const row = ofTable.get(ids[n] ?? -1);
    for (let word = 0; row !== undefined && word < words; word++) {
      const own = slope(word);
      for (let d = 0; d < width; d++)
        row[d] = (row[d] as number) + own * (head[word * width + d] as number);
    }
  }
  return { loss, head: ofHead, table: ofTable };
}

const reals = (data: Float32Array, ...shape: readonly number[]): Tensor => ({
  element: "f32",
  shape,
  data,
});
const numbersOf = (data: Int32Array): Tensor => ({
  element: "i32",
  shape: [1, data.length],
  data,
});

/** The loss and the gradients on a device; another run has the same bits. */
async function computed(
  device: Device,
  sizes: Sizes,
  { ids, labels, table, head }: Batch,
): Promise<Readonly<Record<string, Tensor>>> {
  const { words, width } = sizes;
  const folder = mkdtempSync(join(tmpdir(), "weft-words-"));
  try {
    const weights = join(folder, "words.safetensors");
    writeSafetensors(weights, {
      "table.weight": reals(table, words, width),
      "head.weight": reals(head, words, width),
    });
    const artifact = compiled(sizes, deviceProfile(device));
    expectSmall(artifact, sizes);
    const session = await Session.create(artifact, device, parseWeightSource(weights));
    try {
      const inputs = { ids: numbersOf(ids), labels: numbersOf(labels) };
      const first = await session.run(inputs);
      const again = words > 20000 ? first : await session.run(inputs);
      for (const [name, { data }] of Object.entries(first))
        expect(Buffer.compare(bytesOf(data), bytesOf(again[name]?.data)), name).toBe(0);
      return first;
    } finally {
      session.dispose();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bytesOf(data: Tensor["data"] | undefined): Uint8Array {
  return data === undefined
    ? new Uint8Array()
    : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

let device: Device | undefined;
beforeAll(async () => {
  device = await openTestDevice("lavapipe");
});
afterAll(() => device?.dispose());

/** Sampled rows: words that come often, once, as a label alone, and never. */
async function expectNear(sizes: Sizes): Promise<void> {
  if (device === undefined) return;
  const { words, width } = sizes;
  const batch = drawn(sizes);
  const often = [0, 1, 4];
  const rows = [...often, ...batch.ids.slice(0, 4), ...batch.labels.slice(0, 4), words - 1];
  const sampled = [...new Set(rows.filter((row) => row >= 0))];
  const found = await computed(device, sizes, batch);
  const exact = reference(batch, sizes, sampled);
  const loss = found.loss?.data[0] ?? Number.NaN;
  expect(Math.abs(loss - exact.loss)).toBeLessThan(2e-6 * exact.loss);
  for (const name of ["head", "table"] as const) {
    const all = found[`${name}.weight`]?.data ?? new Float32Array();
    let [missed, norm, worst] = [0, 0, 0];
    for (const [word, want] of exact[name]) {
      const row = want.map((x, d) => (all[word * width + d] ?? Number.NaN) - x);
      const [own, most] = [Math.hypot(...row), Math.hypot(...want)];
      // A word that no token has gets nothing at all.
      if (most === 0) expect(own, `${name} ${word}`).toBe(0);
      else worst = Math.max(worst, own / most);
      [missed, norm] = [Math.hypot(missed, own), Math.hypot(norm, most)];
    }
    const said = `${(missed / norm).toExponential(1)}, its rows within ${worst.toExponential(1)}`;
    console.log(`${words} words x ${width}, ${sizes.tokens} tokens, ${name}: within ${said}`);
    expect(missed / norm).toBeLessThan(1e-5);
    // A row without a label is as near as the logits, which are sums of `width` products in f32.
    expect(worst).toBeLessThan(3e-5);
  }
}

test("gradients in pieces are those of float64", async () => {
  await expectNear({ words: 16411, width: 16, tokens: 600 });
}, 120_000);

/** Minutes, and a table of 146 MiB, which no binding of the device holds: `WEFT_LARGE=1`. */
test.runIf(process.env.WEFT_LARGE)(
  "gradients of a large table and a large head are those of float64",
  async () => {
    await expectNear({ words: 49954, width: 768, tokens: 512 });
  },
  1_800_000,
);

test("the full size is planned without the logits", () => {
  const sizes = { words: 49954, width: 768, tokens: 512 };
  expectSmall(compiled(sizes, portableProfile), sizes);
});
