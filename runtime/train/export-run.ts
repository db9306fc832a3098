import { extname, join } from "node:path";
import { fault } from "../faults.ts";
import { AtomicFile, writeAtomically } from "../files/atomic-write.ts";
import { readWhole } from "../files/read-bytes.ts";
import { halfBits } from "../numbers/half.ts";
import { newestCheckpoint } from "../runs/recover-run.ts";
import { meansFile, settingsFile, weightsFile } from "../runs/run-folder.ts";
import { Checkpoint, type StoredTensor } from "../weights/checkpoint.ts";
import { rawArray, realNumbers } from "../weights/element-types.ts";
import { readableType } from "../weights/safetensors-header.ts";
import { safetensorsHeader } from "../weights/write-safetensors.ts";
import type { AdaptedPhase } from "./adapter-places.ts";
import { mergeAdapters } from "./merge-adapters.ts";

interface ExportOptions {
  /** Of the run, in order. */
  readonly phases: readonly AdaptedPhase[];
  /** Adapters are then not in the file. */
  readonly mergesAdapters: boolean;
  /** Take the means of weights where there are any. */
  readonly useMeans: boolean;
  /** Store numbers of more than 16 bits as F16. */
  readonly halves: boolean;
}

interface ExportedRun {
  /** The folder of the checkpoint. */
  readonly checkpoint: string;
  /** Newer ones that are damaged, and what is wrong with them. */
  readonly passedOver: readonly string[];
  /** What was written. */
  readonly files: readonly string[];
  /** The checkpoint's `config.json`, where it has one and no folder was written that could hold it. */
  readonly config: string | undefined;
  readonly tensors: number;
  /** Weights that adapters were merged into. */
  readonly merged: number;
  /** Adapters that are tensors of their own. */
  readonly unmerged: number;
  /** Weights whose means were taken. */
  readonly means: number;
}

/**
 * Writes the weights of a run's newest whole checkpoint under the keys that they have there and with their bits, but
 * weights with merged adapters as F32, and all as F16 where that is asked for: to a `.safetensors` file, or to a folder as
 * `model.safetensors` with the `config.json` and `settings.json` that say the sizes of its model.
 *
 * @throws {RuntimeFault} `not-exportable` where the run has not what is asked for.
 */
export function exportRun(
  run: string,
  out: string,
  { phases, mergesAdapters, useMeans, halves }: ExportOptions,
): ExportedRun {
  const refused = (reason: string) => fault("not-exportable", { path: run, reason });
  const { checkpoint, bad } = newestCheckpoint(run);
  if (checkpoint === undefined) throw refused("it has no whole checkpoint");
  const { folder, files, step } = checkpoint;
  const { adapters = [] } = phases.find(({ to }) => step <= to) ?? phases.at(-1) ?? {};
  const [shared] = adapters.filter(({ sharedWith }) => sharedWith.length > 0);
  if (mergesAdapters && adapters.length === 0)
    throw refused("its stage adapts nothing that could be merged");
  if (mergesAdapters && shared !== undefined) {
    const { part, sharedWith } = shared;
    throw refused(
      `the weight of \`${part}\` is that of \`${sharedWith[0]}\` too, which has no adapter`,
    );
  }
  if (useMeans && !Object.hasOwn(files, meansFile))
    throw refused("its stage keeps no means of weights (`ema`)");
  const opened: Checkpoint[] = [];
  const open = (name: string): Checkpoint => {
    const file = Checkpoint.open(join(folder, name));
    opened.push(file);
    return file;
  };
  try {
    const weights = open(weightsFile);
    const means = useMeans ? open(meansFile) : undefined;
    const find = (key: string): StoredTensor => means?.tensors.get(key) ?? weights.find(key);
    const merged = mergesAdapters
      ? mergeAdapters(adapters, (key) => numbersOf(find(key), folder))
      : undefined;
    const keys = [...weights.tensors.keys()].filter((key) => merged?.dropped.has(key) !== true);
    const isFile = extname(out) === ".safetensors";
    const target = isFile ? out : join(out, "model.safetensors");
    const changed = (tensor: StoredTensor) => {
      const numbers = merged?.changed.has(tensor.key) ? merged.numbersOf(tensor.key) : undefined;
      if (!halves || !isWide(tensor)) return numbers;
      return halvesOf(numbers ?? numbersOf(tensor, folder), () =>
        refused(`a number of \`${tensor.key}\` is too large for f16`),
      );
    };
    const form = (tensor: StoredTensor): string => {
      if (halves && isWide(tensor)) return "F16";
      return merged?.changed.has(tensor.key) === true ? "F32" : tensor.dtype;
    };
    writeTensors(target, keys.map(find), form, changed);
    const config = Object.hasOwn(files, configFile) ? join(folder, configFile) : undefined;
    const copied = isFile
      ? []
      : [configFile, settingsFile].filter((name) => Object.hasOwn(files, name));
    for (const name of copied)
      writeAtomically(join(out, name), [readWhole(join(folder, name), largestText)]);
    return {
      checkpoint: folder,
      passedOver: bad.map(({ name, reason }) => `${name}: ${reason}`),
      files: [target, ...copied.map((name) => join(out, name))],
      config: isFile ? config : undefined,
      tensors: keys.length,
      merged: merged?.changed.size ?? 0,
      unmerged: mergesAdapters ? 0 : adapters.length,
      means: keys.filter((key) => means?.tensors.has(key) === true).length,
    };
  } finally {
    for (const file of opened) file.close();
  }
}

const configFile = "config.json";
const largestText = 1 << 26;

function numbersOf(tensor: StoredTensor, folder: string): Float32Array {
  const bytes = new Uint8Array(tensor.bytes);
  tensor.file.read(bytes, tensor.start);
  const type = readableType(tensor, folder);
  return realNumbers(type, rawArray(type, bytes));
}

/** Whether its numbers have more bits than f16. */
function isWide({ dtype }: StoredTensor): boolean {
  return dtype === "F32" || dtype === "F64" || dtype === "BF16";
}

/** The nearest numbers of f16, ties to even. */
function halvesOf(numbers: Float32Array, tooLarge: () => Error): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = Uint16Array.from(bits, halfBits);
  const isLost = halves.some(
    (half, n) => (half & 0x7fff) === 0x7c00 && Number.isFinite(numbers[n]),
  );
  if (isLost) throw tooLarge();
  return halves;
}

/** One tensor after the other, those that stay as they are a piece at a time. */
function writeTensors(
  path: string,
  tensors: readonly StoredTensor[],
  form: (tensor: StoredTensor) => string,
  changed: (tensor: StoredTensor) => Float32Array | Uint16Array | undefined,
): void {
  const entries = tensors.map((tensor) => {
    const { key, shape, bytes } = tensor;
    const dtype = form(tensor);
    if (dtype === tensor.dtype) return { key, dtype, shape, bytes };
    const count = shape.reduce((n, size) => n * size, 1);
    return { key, dtype, shape, bytes: (dtype === "F16" ? 2 : 4) * count };
  });
  const file = AtomicFile.create(path);
  try {
    file.write(safetensorsHeader(entries));
    for (const tensor of tensors) {
      const made = changed(tensor);
      if (made !== undefined)
        file.write(new Uint8Array(made.buffer, made.byteOffset, made.byteLength));
      else for (const piece of bytesOf(tensor)) file.write(piece);
    }
    file.commit();
  } catch (error) {
    file.abandon();
    throw error;
  }
}

function* bytesOf({ file, start, bytes }: StoredTensor): Generator<Uint8Array> {
  for (let done = 0; done < bytes; done += pieceBytes) {
    const piece = new Uint8Array(Math.min(pieceBytes, bytes - done));
    file.read(piece, start + done);
    yield piece;
  }
}

const pieceBytes = 1 << 24;
