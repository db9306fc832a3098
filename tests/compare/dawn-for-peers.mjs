// Gives a library that expects a browser the same Dawn that Weft uses, and waits as Weft waits.
import { create, globals } from "webgpu";

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
  const clock = new Int32Array(new SharedArrayBuffer(4));
  let open = 0;
  let isTurning = false;
  const turn = () => {
    if (open === 0) {
      isTurning = false;
      return;
    }
    Atomics.wait(clock, 0, 0, 0.3);
    setImmediate(turn);
  };
  for (const [type, method] of [
    [GPUQueue, "onSubmittedWorkDone"],
    [GPUBuffer, "mapAsync"],
  ]) {
    const original = type.prototype[method];
    type.prototype[method] = function (...args) {
      const promise = original.apply(this, args);
      const close = () => {
        open -= 1;
      };
      open += 1;
      promise.then(close, close);
      if (!isTurning) {
        isTurning = true;
        setImmediate(turn);
      }
      return promise;
    };
  }
}
