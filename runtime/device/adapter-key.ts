import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { env } from "node:process";

/** What tells one adapter from another. An open device is one. */
export interface AdapterIdentity {
  readonly info: GPUAdapterInfo;
  readonly isSoftware: boolean;
  readonly isRobust: boolean;
}

/** Names what was measured on an adapter: everything that makes the same adapter slower or faster has a part in it. */
export function adapterKey(adapter: AdapterIdentity, version: number): string {
  const { vendor, architecture, device, description } = adapter.info;
  const { subgroupMinSize, subgroupMaxSize } = adapter.info;
  const host = adapter.isSoftware ? [availableParallelism(), env.LP_NUM_THREADS ?? ""] : [];
  const identity = [
    version,
    vendor,
    architecture,
    device,
    description,
    subgroupMinSize,
    subgroupMaxSize,
    adapter.isRobust,
    ...host,
  ];
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16);
}
