import { adapterNames, hasSystemDrivers, openAdapter } from "../../../runtime/device/dawn.ts";
import { adapterKind, adapterTitle } from "../../../runtime/device/device.ts";
import type { DeviceKind } from "../../../runtime/device/device-handle.ts";
import { allLimits } from "../../../runtime/device/open-device.ts";
import { findSwiftShader, type SwiftShader } from "../../../runtime/device/swiftshader.ts";
import { readTunedFile, type TunedAdapter } from "../../api/load/tuned-file.ts";

export interface AdapterDescription {
  readonly name: string;
  readonly kind: DeviceKind;
  /** From where Weft takes it: a driver of the system or the optional package. */
  readonly origin: "system" | "package";
  readonly subgroupSizes: readonly number[];
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  /** Choices that `weft bench --tune` left for it in the cache folder; 0 where there is no table. */
  readonly tunedChoices: number;
}

/** Every adapter that `--device` can choose, the system's first. */
export async function describeAdapters(): Promise<readonly AdapterDescription[]> {
  const found: AdapterDescription[] = [];
  if (hasSystemDrivers()) {
    for (const adapter of await adapterNames()) {
      const description = await describe({ robust: false, adapter }, "system");
      if (description !== undefined) found.push(description);
    }
  }
  const search = await findSwiftShader();
  if (search.found !== undefined) {
    const description = await describe({ robust: false, driver: search.found }, "package");
    if (description !== undefined) found.push(description);
  }
  return found;
}

async function describe(
  options: { readonly robust: boolean; readonly adapter?: string; readonly driver?: SwiftShader },
  origin: AdapterDescription["origin"],
): Promise<AdapterDescription | undefined> {
  const opened = await openAdapter(options);
  if (opened === undefined) return undefined;
  const { adapter } = opened;
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  const sizes =
    subgroupMinSize === undefined ? [] : [...new Set([subgroupMinSize, subgroupMaxSize])];
  return {
    name: adapterTitle(adapter.info),
    kind: adapterKind(adapter.info),
    origin,
    subgroupSizes: sizes,
    features: [...adapter.features].toSorted(),
    limits: allLimits(adapter.limits),
    tunedChoices: tunedChoices({
      info: adapter.info,
      name: adapterTitle(adapter.info),
      isSoftware: adapterKind(adapter.info) !== "hardware",
      isRobust: options.robust,
    }),
  };
}

function tunedChoices(adapter: TunedAdapter): number {
  const found = readTunedFile(adapter);
  return found !== undefined && "table" in found ? Object.keys(found.table).length : 0;
}
