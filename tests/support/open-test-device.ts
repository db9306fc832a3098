import type { Device } from "../../runtime/device/device.ts";
import { openDevice } from "../../runtime/device/open-device.ts";
import { RuntimeFault } from "../../runtime/faults.ts";

/** The drivers on which runtime tests run, where the machine has them. */
export const testDrivers = ["swiftshader", "lavapipe"] as const;

/** `undefined`, said aloud, where the machine lacks the driver. */
export async function openTestDevice(select: string, robust = false): Promise<Device | undefined> {
  try {
    return await openDevice({ select, robust });
  } catch (error) {
    if (!(error instanceof RuntimeFault) || error.code !== "no-adapter") throw error;
    console.log(`skipped on ${select}: ${error.message}`);
    return undefined;
  }
}
