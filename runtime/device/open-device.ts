import { fault } from "../faults.ts";
import {
  adapterNames,
  hasGraphicsNodes,
  hasSystemDrivers,
  openAdapter,
  refusalsOfDrivers,
} from "./dawn.ts";
import { adapterKind, Device } from "./device.ts";
import type { DeviceOptions } from "./device-handle.ts";
import { findSwiftShader, type SwiftShader } from "./swiftshader.ts";

/** Opens a device: a hardware adapter, else lavapipe, else SwiftShader. */
export async function openDevice(options: DeviceOptions): Promise<Device> {
  const { select, robust = false } = options;
  if (select.toLowerCase() === "swiftshader") return openSwiftShader(select, robust, []);
  if (!hasSystemDrivers()) {
    if (select === "auto" || select === "software") return openSwiftShader(select, robust, []);
    throw fault("no-adapter", {
      wanted: select,
      found: [],
      reason: "this machine has no Vulkan driver",
    });
  }
  if (select === "auto" || select === "hardware" || select === "software") {
    const first = await openAdapter({ robust });
    const kind = first === undefined ? undefined : adapterKind(first.adapter.info);
    const isBestSoftware = kind === "lavapipe" && (select === "software" || !hasGraphicsNodes());
    const isWanted =
      select === "software"
        ? isBestSoftware
        : kind === "hardware" || (select === "auto" && isBestSoftware);
    if (first !== undefined && isWanted) return finishOpening(first, robust);
  }
  return openAmong(await adapterNames(), select, robust);
}

async function openAmong(
  names: readonly string[],
  select: string,
  robust: boolean,
): Promise<Device> {
  const byName = select === "lavapipe" ? "llvmpipe" : select.toLowerCase();
  const isAnyKind = select === "auto" || select === "hardware" || select === "software";
  const candidates = isAnyKind
    ? names
    : names.filter((name) => name.toLowerCase().includes(byName));
  // One software driver is as likely as another to be listed first, and lavapipe is several times faster.
  const ordered = candidates.toSorted((left, right) => rank(left) - rank(right));
  for (const name of ordered) {
    const opened = await openAdapter({ robust, adapter: name });
    if (opened === undefined) continue;
    const isHardware = adapterKind(opened.adapter.info) === "hardware";
    if (select === "hardware" && !isHardware) continue;
    if (select === "software" && isHardware) continue;
    return finishOpening(opened, robust);
  }
  if (select === "auto" || select === "software") return openSwiftShader(select, robust, names);
  throw fault("no-adapter", {
    wanted: select,
    found: names,
    reason: [
      select === "hardware" ? "there is no hardware adapter" : "no adapter has this name",
      ...refusalsOfDrivers().map((reason) => `Dawn refuses a driver (${reason})`),
    ].join("; "),
  });
}

function rank(name: string): number {
  if (/swiftshader/i.test(name)) return 2;
  return /llvmpipe|lavapipe/i.test(name) ? 1 : 0;
}

async function openSwiftShader(
  wanted: string,
  robust: boolean,
  found: readonly string[],
): Promise<Device> {
  const search = await findSwiftShader();
  if (search.found === undefined)
    throw fault("no-adapter", { wanted, found, reason: search.because });
  const driver: SwiftShader = search.found;
  const opened = await openAdapter({ robust, driver });
  if (opened === undefined) {
    throw fault("no-adapter", { wanted, found, reason: "SwiftShader is there and does not start" });
  }
  return finishOpening(opened, robust);
}

/** Features that kernels or the profiler use, where the adapter has them. */
const usefulFeatures = [
  "shader-f16",
  "subgroups",
  "subgroup-size-control",
  "timestamp-query",
  "chromium-experimental-subgroup-matrix",
];

async function finishOpening(
  opened: { gpu: GPU; adapter: GPUAdapter },
  isRobust: boolean,
): Promise<Device> {
  const { gpu: instance, adapter } = opened;
  const requiredFeatures = usefulFeatures.filter((name) =>
    adapter.features.has(name),
  ) as GPUFeatureName[];
  const gpu = await adapter
    .requestDevice({ label: "weft", requiredFeatures, requiredLimits: allLimits(adapter.limits) })
    .catch((error: unknown) => {
      throw fault("no-adapter", {
        wanted: adapter.info.description,
        found: [],
        reason: String(error),
      });
    });
  return new Device({ instance, adapter, gpu, kind: adapterKind(adapter.info), isRobust });
}

/** Without this a device gets WebGPU's guaranteed limits, however much its adapter can do. */
export function allLimits(limits: GPUSupportedLimits): Record<string, number> {
  const all: Record<string, number> = {};
  // The limits are getters of the prototype, so there are no own keys to list.
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === "number") all[name] = value;
  }
  return all;
}
