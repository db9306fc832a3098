import type { Dispatch, KernelSpec } from "../../compiler/artifact.ts";
import type { Device } from "../device/device.ts";
import { computeStage } from "../device/gpu-constants.ts";
import { fault } from "../faults.ts";

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly bindings: GPUBindGroupLayout;
}

/**
 * Pipelines of one device by WGSL text: Dawn has no cache of its own in Node, and a session that is
 * made anew for another batch size finds most of its kernels here.
 */
export class PipelineCache {
  readonly #device: Device;
  readonly #pipelines = new Map<string, Promise<Pipeline>>();
  readonly #layouts = new Map<string, GPUBindGroupLayout>();

  private constructor(device: Device) {
    this.#device = device;
  }

  static of(device: Device): PipelineCache {
    let cache = caches.get(device);
    if (cache === undefined) {
      cache = new PipelineCache(device);
      caches.set(device, cache);
    }
    return cache;
  }

  get size(): number {
    return this.#pipelines.size;
  }

  /** `users` are the dispatches that run it: their source places stand in the fault, if there is one. */
  async get(kernel: KernelSpec, users: readonly Dispatch[]): Promise<Pipeline> {
    const missing = kernel.features.find((feature) => !this.#device.features.has(feature));
    if (missing !== undefined) {
      throw fault("feature-missing", {
        feature: missing,
        kernel: kernel.name,
        device: this.#device.name,
      });
    }
    const access = kernel.bindings.map((binding) => binding.access).join(",");
    const key = `${access}|${kernel.immediates.length}|${kernel.entryPoint}|${kernel.wgsl}`;
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      pipeline = this.#create(kernel, users, access);
      this.#pipelines.set(key, pipeline);
      // A refused text may be tried again after a change of the device's state, and must not be kept.
      pipeline.catch(() => this.#pipelines.delete(key));
    }
    return pipeline;
  }

  async #create(kernel: KernelSpec, users: readonly Dispatch[], access: string): Promise<Pipeline> {
    const { gpu } = this.#device;
    const bindings = this.#layout(access, kernel);
    const refuse = (reason: string) => {
      const places = [...new Set(users.flatMap((user) => user.places))];
      const where = places.length === 0 ? "" : ` (${places.slice(0, 3).join(", ")})`;
      return fault("kernel-rejected", { kernel: kernel.name, places: where, reason });
    };
    gpu.pushErrorScope("validation");
    const module = gpu.createShaderModule({ label: kernel.name, code: kernel.wgsl });
    const refusal = gpu.popErrorScope();
    const error = await this.#device.wait(refusal);
    if (error !== null) throw refuse(error.message.split("\n").slice(0, 3).join(" "));
    const layout = gpu.createPipelineLayout({
      label: kernel.name,
      bindGroupLayouts: [bindings],
      ...(kernel.immediates.length === 0 ? {} : { immediateSize: kernel.immediates.length * 4 }),
    });
    const creation = gpu.createComputePipelineAsync({
      label: kernel.name,
      layout,
      compute: { module, entryPoint: kernel.entryPoint },
    });
    const pipeline = await this.#device.wait(creation).catch((reason: unknown) => {
      this.#device.assertUsable();
      throw refuse(String(reason));
    });
    return { pipeline, bindings };
  }

  #layout(access: string, kernel: KernelSpec): GPUBindGroupLayout {
    let layout = this.#layouts.get(access);
    if (layout === undefined) {
      layout = this.#device.gpu.createBindGroupLayout({
        label: access,
        entries: kernel.bindings.map((binding, index) => ({
          binding: index,
          visibility: computeStage,
          buffer: { type: binding.access === "read" ? "read-only-storage" : "storage" },
        })),
      });
      this.#layouts.set(access, layout);
    }
    return layout;
  }
}

const caches = new WeakMap<Device, PipelineCache>();
