import type { Device } from "../../runtime/device/device.ts";
import { openDevice } from "../../runtime/device/open-device.ts";
import type { Host } from "./host.ts";

/** Opens the device that `--device` names and says which it is. */
export async function announceDevice(select: string, host: Host): Promise<Device> {
  const device = await openDevice({ select });
  const remark = device.isSoftware ? " (software: right, but slow)" : "";
  host.say(`device: ${device.name}${remark}\n`);
  return device;
}
