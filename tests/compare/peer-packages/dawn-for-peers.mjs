// Gives a library that expects a browser the same Dawn that Weft uses, and waits as Weft waits.
import { create, globals } from "webgpu";
import { waitFor } from "../../../dist/runtime/device/wait.js";

/** Calls since `countCalls`. */
export const counts = { dispatches: 0, submits: 0 };

export function countCalls() {
  count(globals.GPUComputePassEncoder, "dispatchWorkgroups", "dispatches");
  count(globals.GPUComputePassEncoder, "dispatchWorkgroupsIndirect", "dispatches");
  count(globals.GPUQueue, "submit", "submits");
}

export function installGpu() {
  Object.assign(globalThis, globals);
  const gpu = create(["disable-dawn-features=timestamp_quantization"]);
  const browser = {
    gpu,
    userAgent: "Mozilla/5.0 Chrome/140",
    platform: "Linux",
    hardwareConcurrency: 2,
  };
  Object.defineProperty(globalThis, "navigator", { value: browser, configurable: true });
  countCalls();
  sleepWhileWaiting();
  return gpu;
}

function count(type, method, name) {
  const original = type.prototype[method];
  type.prototype[method] = function (...args) {
    counts[name] += 1;
    return original.apply(this, args);
  };
}

/**
 * Dawn for Node polls without rest while a promise of the GPU is open, which takes a core from a
 * software adapter. Weft sleeps between polls; without the same for the others they would look 1.5 to
 * 1.9 times slower than they are.
 */
function sleepWhileWaiting() {
  for (const [type, method] of [
    [GPUQueue, "onSubmittedWorkDone"],
    [GPUBuffer, "mapAsync"],
  ]) {
    const original = type.prototype[method];
    type.prototype[method] = function (...args) {
      return waitFor(original.apply(this, args));
    };
  }
}
