import type { Packing, StoredSpec, TensorSpec } from "../../compiler/artifact.ts";
import type { Executable } from "../execute/executable.ts";
import { encodeInto, storageBytes } from "../execute/storage.ts";
import { InternalError } from "../internal-error.ts";
import { quantizeGroups } from "../numbers/quantize.ts";
import type { ElementSource } from "../weights/element-source.ts";
import { elementTypes, rawArray, realNumbers } from "../weights/element-types.ts";
import { interleave } from "../weights/interleave.ts";
import { countOf, partsOf } from "./stored-parts.ts";
import type { Uploader } from "./uploader.ts";

/** What a weight lost and saved by being stored in few bits. */
export interface QuantizedWeight {
  readonly path: string;
  readonly storage: "i8" | "i4";
  /** As it would be stored without quantisation, and as it is, scales included. */
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Sums of squares: of what rounding changed, and of the weight. */
  readonly squaredError: number;
  readonly squaredNorm: number;
}

/** Elements that are in memory at a time: 4 MiB as f32. */
const chunk = 1024 * 1024;

interface QuantizedTarget {
  readonly executable: Executable;
  readonly uploader: Uploader;
  /** Of its tensors: what a part of the program does not need yet stays away. */
  readonly isWanted: (tensor: number) => boolean;
}

/** Reads a weight a piece at a time, rounds it, and uploads whole numbers and scales. */
export async function uploadQuantized(
  parameter: StoredSpec,
  source: ElementSource,
  { executable, uploader, isWanted }: QuantizedTarget,
  onBytes: (bytes: number) => void,
): Promise<QuantizedWeight> {
  const { quantized } = parameter;
  if (quantized === undefined) throw new InternalError(`${parameter.path} is not quantised`);
  const { group, insteadOf } = quantized;
  const wantsScales = isWanted(quantized.scales);
  const parts = partsOf(parameter, countOf(parameter));
  const storage = narrowStorage(executable.tensor(parts[0]?.tensor ?? -1));
  let [bytes, count, squaredError, squaredNorm] = [0, 0, 0, 0];
  const send = async (tensor: number, offset: number, data: Uint8Array): Promise<void> => {
    if (!isWanted(tensor)) return;
    const target = executable.tensor(tensor);
    const buffer = executable.bufferOf(target);
    await uploader.upload(buffer, target.offset + offset, data.length, (to) => to.set(data));
    bytes += data.length;
    onBytes(data.length);
  };
  const size = elementTypes[source.type].bytes;
  const longest = Math.max(
    ...parts.map(({ tensor }) => chunkOf(executable.tensor(tensor).packing)),
  );
  const raw = new Uint8Array(longest * size);
  for (const part of parts) {
    if (!wantsScales && !isWanted(part.tensor)) continue;
    const { packing } = executable.tensor(part.tensor);
    const most = chunkOf(packing);
    for (let from = 0; from < part.count; from += most) {
      const length = Math.min(most, part.count - from);
      const first = part.first + from;
      const own = raw.subarray(0, length * size);
      source.read(own, first);
      const whole = new Int32Array(length);
      const scales = new Float32Array(length / group);
      const numbers = realNumbers(source.type, rawArray(source.type, own));
      const { error, norm } = quantizeGroups(numbers, storage, group, whole, scales);
      squaredError += error;
      squaredNorm += norm;
      const packed = new Uint8Array(length * storageBytes(storage));
      encodeInto(packed, 0, whole, storage);
      await send(part.tensor, from * storageBytes(storage), ordered(packed, packing, storage));
      await send(quantized.scales, (first / group) * 4, new Uint8Array(scales.buffer));
      count += length;
    }
  }
  const bytesBefore = count * storageBytes(insteadOf);
  return { path: parameter.path, storage, bytesBefore, bytes, squaredError, squaredNorm };
}

/** Whole blocks of lines, where lines are interleaved. */
function chunkOf(packing: Packing): number {
  if (packing.kind !== "interleaved") return chunk;
  const block = packing.lines * packing.columns;
  return block * Math.max(1, Math.floor(chunk / block));
}

function ordered(packed: Uint8Array, packing: Packing, storage: "i8" | "i4"): Uint8Array {
  if (packing.kind === "row-major") return packed;
  if (packing.kind === "transposed")
    throw new InternalError("quantised weights are not turned round");
  const result = new Uint8Array(packed.length);
  interleave(packed, result, packing, storageBytes(storage));
  return result;
}

function narrowStorage({ name, storage }: TensorSpec): "i8" | "i4" {
  if (storage === "i8" || storage === "i4") return storage;
  throw new InternalError(`${name} is quantised and stored as ${storage}`);
}
