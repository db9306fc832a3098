import { afterAll, beforeAll } from "vitest";
import type { Device } from "../../runtime/device/device.ts";
import { deviceProfile } from "../../runtime/device/device-profile.ts";
import type { TestGpu } from "./gpu.ts";
import { openTestDevice } from "./open-test-device.ts";

/**
 * The runtime's device on this driver for the tests of a `describe`, as kernels take it. What is returned
 * answers inside a test: `undefined` where the machine lacks the driver.
 */
export function onDevice(driver: string): () => TestGpu | undefined {
  let device: Device | undefined;
  let gpu: TestGpu | undefined;
  beforeAll(async () => {
    device = await openTestDevice(driver);
    if (device === undefined) return;
    gpu = { device: device.gpu, profile: deviceProfile(device), instance: device.instance };
  });
  afterAll(() => device?.dispose());
  return () => gpu;
}
