import { openDevice } from "../dist/runtime/device/open-device.js";
import { deviceProfile } from "../dist/runtime/device/device-profile.js";
import { compile } from "../dist/compiler/compile.js";
import { memoryLoader } from "../dist/compiler/api/load/memory-loader.js";
import { diskLoader } from "../dist/compiler/api/load/disk-loader.js";
import { Session } from "../dist/runtime/session.js";
export { openDevice };
export async function run(device, text, inputs, options = {}) {
  const entry = "case.weft";
  const r = compile({ entry, model: "T", mode: "forward", loader: memoryLoader(entry, text), profile: deviceProfile(device), ...options });
  if (!r.artifact) throw new Error(JSON.stringify(r.diagnostics.map(d => d.message)));
  const s = await Session.create(r.artifact, device, undefined);
  const out = await s.run(inputs);
  s.dispose();
  return out;
}
export const t = (data, shape, element = "f32") => ({ element, shape, data });
