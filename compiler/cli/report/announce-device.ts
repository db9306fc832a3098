import type { Device } from "../../../runtime/device/device.ts";
import { openDevice } from "../../../runtime/device/open-device.ts";
import { tunedRemark } from "../../api/load/tuned-profile.ts";
import type { Host } from "../host.ts";

/** Opens the device that `--device` names, and says which it is and whether kernels were tuned on it. */
export async function announceDevice(select: string, host: Host, tuned?: string): Promise<Device> {
  const device = await openDevice({ select });
  const remark = device.isSoftware ? " (software: right, but slow)" : "";
  try {
    const found = tunedRemark(device, tuned);
    const choices = found !== undefined && "count" in found ? `, ${found.count} tuned choices` : "";
    host.say(`device: ${device.name}${remark}${choices}\n`);
    if (found !== undefined && "warning" in found) host.say(`warning: ${found.warning}\n`);
  } catch (error) {
    device.dispose();
    throw error;
  }
  return device;
}
