import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import { writeSafetensors } from "../../runtime/weights/write-safetensors.ts";
import { runText } from "../support/graphs/run-text.ts";
import { openTestDevice, testDrivers } from "../support/open-test-device.ts";

/** A node case of ONNX, said in Weft: one model `Case`, and what its mode `forward` takes and gives. */
interface OperatorCase {
  readonly name: string;
  readonly tolerance: number;
  readonly weft: string;
  readonly inputs: readonly NamedData[];
  /** Parameters of the parts that it uses, by their keys. */
  readonly weights?: readonly NamedData[];
  readonly expected: readonly Data[];
}
interface Data {
  readonly element: "f32" | "i32" | "bool";
  readonly shape: readonly number[];
  /** Little-endian, in base64. */
  readonly data: string;
}
interface NamedData extends Data {
  readonly name: string;
}

const samples = join(import.meta.dirname, "..", "samples", "onnx");
const selected = join(samples, "cases.jsonl");
/** Said with what came later: bits, inverse angles, products, scans, `put_add`, convolutions and pooling of std. */
const gained = join(samples, "gained.jsonl");
/** All of them, where somebody put them beside the project; they take minutes. */
const whole = join("..", "shared", "oracle", "onnx", "cases.jsonl");
const asksForAll = env.WEFT_ALL_OPERATORS === "1";
const source = asksForAll && existsSync(whole) ? whole : selected;
if (source === selected)
  console.log(
    asksForAll
      ? `only the selected operators: there is no ${whole}`
      : "only the selected operators: WEFT_ALL_OPERATORS=1 asks for all",
  );

function casesIn(path: string): readonly OperatorCase[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OperatorCase);
}

/** Those that were gained run on one driver each, in turn, unless all are asked for. */
function casesOn(driver: number): readonly OperatorCase[] {
  const own = casesIn(gained).filter((_, n) => asksForAll || n % testDrivers.length === driver);
  return [...casesIn(source), ...own];
}

/** ONNX gives -Infinity for the maximum of nothing; here that is a mistake that the check finds. */
const refused: ReadonlySet<string> = new Set([
  "reduce_log_sum_exp_empty_set",
  "reduce_max_empty_set",
  "reduce_max_empty_set_bool",
  "reduce_min_empty_set",
]);
/** Their expected values are written with four digits. */
const fourDigits: ReadonlySet<string> = new Set([
  "averagepool_2d_ceil_last_window_starts_on_pad",
  "gridsample_bicubic",
]);

function numbersOf({ element, shape, data }: Data): Float32Array | Int32Array {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  const count = shape.reduce((product, size) => product * size, 1);
  if (element === "bool" && bytes.length === count) return Int32Array.from(bytes);
  return element === "f32" ? new Float32Array(bytes.buffer) : new Int32Array(bytes.buffer);
}

function tensorOf(data: Data): Tensor {
  const { element, shape } = data;
  const numbers = numbersOf(data);
  return element === "f32"
    ? { element, shape, data: Float32Array.from(numbers) }
    : { element, shape, data: Int32Array.from(numbers) };
}

function tensorsOf(list: readonly NamedData[]): Readonly<Record<string, Tensor>> {
  return Object.fromEntries(list.map((one) => [one.name, tensorOf(one)]));
}

/** Within the tolerance of an element and a tenth of it of the largest; all that is not finite exactly. */
function firstWrong(found: Tensor["data"], expected: Data, tolerance: number): string | undefined {
  const right = numbersOf(expected);
  if (found.length !== right.length) return `${found.length} elements instead of ${right.length}`;
  const most = [...right].reduce((a, b) => (Number.isFinite(b) ? Math.max(a, Math.abs(b)) : a), 0);
  for (const [n, value] of right.entries()) {
    const own = found[n] ?? Number.NaN;
    if (own === value || (Number.isNaN(own) && Number.isNaN(value))) continue;
    const allowed = tolerance * (Math.abs(value) + 0.1 * most);
    const isNear = expected.element === "f32" && Math.abs(own - value) <= allowed;
    if (!isNear || !Number.isFinite(value)) return `element ${n} is ${own} instead of ${value}`;
  }
  return undefined;
}

describe.each(testDrivers)("ONNX's node cases on %s", (driver) => {
  let device: Device | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
  });
  const folder = mkdtempSync(join(tmpdir(), "weft-onnx-"));
  afterAll(() => {
    device?.dispose();
    rmSync(folder, { recursive: true });
  });

  test.each(casesOn(testDrivers.indexOf(driver)))(
    "$name",
    async ({ name, tolerance, weft, inputs, weights, expected }) => {
      if (device === undefined) return;
      const file = weights && join(folder, `${name}.safetensors`);
      if (file !== undefined) writeSafetensors(file, tensorsOf(weights ?? []));
      const run = runText(device, weft, tensorsOf(inputs), { weights: file });
      if (refused.has(name)) {
        await expect(run).rejects.toThrow("empty-axis");
        return;
      }
      const outputs = Object.values(await run);
      expect(outputs).toHaveLength(expected.length);
      const allowed = fourDigits.has(name) ? 1e-3 : tolerance;
      const wrong = expected.map((one, n) =>
        firstWrong(outputs[n]?.data ?? new Float32Array(), one, allowed),
      );
      expect(wrong.filter((one) => one !== undefined)).toEqual([]);
    },
  );
});
