import { fault, type RuntimeFault } from "../faults.ts";
import type { DeviceHandle, DeviceKind } from "./device-handle.ts";
import { waitFor } from "./wait.ts";

/** An open device. It owns the GPUDevice and ends with `dispose`; after that the process can exit. */
export class Device implements DeviceHandle {
  readonly gpu: GPUDevice;
  readonly adapter: GPUAdapter;
  /** What the driver calls it: `llvmpipe: Mesa 25.0.7 (LLVM 15.0.6)`. */
  readonly name: string;
  readonly kind: DeviceKind;
  readonly isRobust: boolean;
  readonly features: ReadonlySet<string>;
  /** Kept so that the instance is not collected while its device lives. */
  readonly #instance: GPU;
  #broken: RuntimeFault | undefined;
  #isDisposed = false;
  /**
   * Whoever waits, to be told of a loss. A race with one promise that never settles would keep what each wait has left
   * there as long as the device lives.
   */
  readonly #waiting = new Set<(lost: RuntimeFault) => void>();

  constructor(opened: {
    instance: GPU;
    adapter: GPUAdapter;
    gpu: GPUDevice;
    kind: DeviceKind;
    isRobust: boolean;
  }) {
    this.#instance = opened.instance;
    this.adapter = opened.adapter;
    this.gpu = opened.gpu;
    this.kind = opened.kind;
    this.isRobust = opened.isRobust;
    this.name = adapterTitle(opened.adapter.info);
    this.features = new Set(opened.gpu.features);
    void this.gpu.lost.then((info) => {
      const lost = fault("device-lost", {
        device: this.name,
        reason: this.#isDisposed ? "it was closed" : info.message,
      });
      this.#broken ??= lost;
      for (const reject of this.#waiting) reject(lost);
    });
    this.gpu.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#broken ??= faultOf(event.error, "an unnamed command");
    });
  }

  get info(): GPUAdapterInfo {
    return this.adapter.info;
  }

  get isSoftware(): boolean {
    return this.kind !== "hardware";
  }

  get instance(): GPU {
    return this.#instance;
  }

  /**
   * Waits for the device without burning a core, best where it is known how long that usually takes; a lost
   * device ends the wait with a fault.
   */
  async wait<T>(promise: Promise<T>, usualMs?: number): Promise<T> {
    this.assertUsable();
    try {
      const value = await waitFor(this.#unlessLost(promise), usualMs);
      this.assertUsable();
      return value;
    } catch (error) {
      // A mapping that is cut off by the loss fails first, with a less helpful message.
      await new Promise((resolve) => setImmediate(resolve));
      throw this.#broken ?? error;
    }
  }

  /** How many waits are going on. */
  get waits(): number {
    return this.#waiting.size;
  }

  #unlessLost<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      const done = () => this.#waiting.delete(reject);
      promise.then(
        (value) => {
          done();
          resolve(value);
        },
        (error: unknown) => {
          done();
          reject(error);
        },
      );
    });
  }

  /**
   * Runs commands and turns what the device refuses into a fault that says `during` what. The action is
   * synchronous: error scopes are a stack of the whole device, which two awaiting callers would mix up.
   */
  async attempt<T>(during: string, action: () => T): Promise<T> {
    this.assertUsable();
    const filters = ["internal", "out-of-memory", "validation"] as const;
    for (const filter of filters) this.gpu.pushErrorScope(filter);
    let value: T | undefined;
    let thrown: { readonly error: unknown } | undefined;
    try {
      value = action();
    } catch (error) {
      thrown = { error };
    }
    const scopes = Promise.all(filters.map(() => this.gpu.popErrorScope()));
    const refused = (await this.wait(scopes)).find((error) => error !== null);
    if (refused) throw faultOf(refused, during);
    if (thrown !== undefined) throw thrown.error;
    return value as T;
  }

  /** Everything submitted so far has ended. */
  async finish(): Promise<void> {
    await this.wait(this.gpu.queue.onSubmittedWorkDone());
  }

  assertUsable(): void {
    if (this.#broken !== undefined) throw this.#broken;
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.gpu.destroy();
  }
}

export function adapterTitle(info: GPUAdapterInfo): string {
  const title =
    info.description || info.device || info.architecture || info.vendor || "unknown adapter";
  return title.replace(/\s+/g, " ").trim();
}

export function adapterKind(info: GPUAdapterInfo): DeviceKind {
  const text =
    `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  if (text.includes("swiftshader")) return "swiftshader";
  if (text.includes("llvmpipe") || text.includes("lavapipe")) return "lavapipe";
  return info.isFallbackAdapter || /\bsoftware\b|basic render/.test(text) ? "software" : "hardware";
}

function faultOf(error: GPUError, during: string): RuntimeFault {
  const reason = error.message.split("\n")[0] ?? "";
  const isMemory =
    error.constructor.name === "GPUOutOfMemoryError" ||
    /OUT_OF_(DEVICE|HOST)_MEMORY/.test(error.message);
  return isMemory ? fault("out-of-memory", { during }) : fault("device-error", { during, reason });
}
