import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../files/atomic-write.ts";
import { cacheFolder } from "../files/cache-folder.ts";
import { adapterKey } from "./adapter-key.ts";
import type { Device } from "./device.ts";
import type { MeasuredLimits } from "./device-limits.ts";
import { measureDevice } from "./measure-device.ts";

/**
 * What the device can do at most: measured once per adapter and kept in `devices/` of the cache folder.
 * A file that cannot be read or written only means that it is measured again.
 */
export async function measuredLimits(
  device: Device,
  folder: string = cacheFolder(),
): Promise<MeasuredLimits> {
  return readLimits(limitsFile(device, folder)) ?? measureAgain(device, undefined, folder);
}

/**
 * Measures whatever the file says, and keeps the better of both numbers: a limit is what can be reached,
 * and a measurement on a busy machine finds less.
 */
export async function measureAgain(
  device: Device,
  known: MeasuredLimits | undefined,
  folder: string = cacheFolder(),
): Promise<MeasuredLimits> {
  const fresh = await measureDevice(device);
  const limits = known === undefined ? fresh : betterOf(known, fresh);
  const text = JSON.stringify({ adapter: device.name, ...limits }, null, 2);
  try {
    writeAtomically(limitsFile(device, folder), [Buffer.from(`${text}\n`)]);
  } catch {
    // A read-only home, as in many containers.
  }
  return limits;
}

function betterOf(left: MeasuredLimits, right: MeasuredLimits): MeasuredLimits {
  return {
    gigabytesPerSecond: Math.max(left.gigabytesPerSecond, right.gigabytesPerSecond),
    gflops: Math.max(left.gflops, right.gflops),
    dispatchMicroseconds: Math.min(left.dispatchMicroseconds, right.dispatchMicroseconds),
  };
}

/** Raised when a micro-kernel changes, so that older numbers are not compared with newer ones. */
const tableVersion = 1;

export function limitsFile(device: Device, folder: string): string {
  return join(folder, "devices", `${adapterKey(device, tableVersion)}.json`);
}

function readLimits(path: string): MeasuredLimits | undefined {
  let found: Partial<Record<keyof MeasuredLimits, unknown>> | null;
  try {
    found = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
  const isRate = (value: unknown): value is number =>
    typeof value === "number" && Number.isFinite(value) && value > 0;
  const { gigabytesPerSecond, gflops, dispatchMicroseconds } = found ?? {};
  return isRate(gigabytesPerSecond) && isRate(gflops) && isRate(dispatchMicroseconds)
    ? { gigabytesPerSecond, gflops, dispatchMicroseconds }
    : undefined;
}
