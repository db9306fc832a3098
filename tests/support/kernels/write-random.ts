import { closeSync, openSync, writeSync } from "node:fs";
import { Checkpoint } from "../../../runtime/weights/checkpoint.ts";
import { generator } from "../graphs/random-tensors.ts";
import { type OfficialCheckpoint, writeSparse } from "../models/official-checkpoints.ts";

/**
 * Writes a checkpoint with official headers and a number in every element, as large as the official one. Weights are random within 0.03 of 0, norms near 1,
 * layer scales near 0.1. A pool of random numbers serves all tensors, each from a place of its own on.
 */
export function writeRandom(folder: string, official: OfficialCheckpoint): void {
  if (official.dtype !== "BF16") throw new Error(`${official.dtype} is not what this writes`);
  writeSparse(folder, official);
  const pools = new Map<string, Uint16Array>();
  const checkpoint = Checkpoint.open(folder);
  try {
    let place = 0;
    for (const { key, file, start, bytes } of checkpoint.tensors.values()) {
      const kind = key.includes("norm") ? "norm" : /\.ls\d$/.test(key) ? "scale" : "weight";
      const pool = pools.get(kind) ?? randomPool(ranges[kind][0], ranges[kind][1]);
      pools.set(kind, pool);
      const descriptor = openSync(file.path, "r+");
      for (let done = 0; done < bytes; ) {
        // An odd step, so that no two tensors begin at the same place.
        place = (place + 7919) % (pool.length / 2);
        const count = Math.min((bytes - done) / 2, pool.length / 2);
        const part = pool.subarray(place, place + count);
        writeSync(descriptor, part, 0, part.byteLength, start + done);
        done += part.byteLength;
      }
      closeSync(descriptor);
    }
  } finally {
    checkpoint.close();
  }
}

/** Middle and half width. */
const ranges = { norm: [1, 0.1], scale: [0.1, 0.02], weight: [0, 0.03] } as const;

function randomPool(middle: number, width: number): Uint16Array {
  const next = generator(1);
  const numbers = Float32Array.from({ length: 2 ** 24 }, () => middle + width * (2 * next() - 1));
  return Uint16Array.from(new Uint32Array(numbers.buffer), (bits) => bits >>> 16);
}
