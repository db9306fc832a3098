import type { Device } from "../../runtime/device/device.ts";
import { readInput } from "../../runtime/inputs.ts";
import type { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import type { Artifact } from "../artifact.ts";
import { type BenchReport, benchReport } from "./text/bench-report.ts";

/** A tensor, or where to read one: `.npy`, `FILE.safetensors:tensor`, an image file, text, `random:SEED`. */
export type RunInput = Tensor | string;

/** What may differ from one run to the next, beside the inputs. */
interface RunSettings {
  /** A whole number: the same seed draws the same random numbers, on every machine. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * One mode of one model, ready on a device. Inputs and outputs are records by the names in the `.weft`
 * file; tensors are row-major in the written order of axes. Real numbers are f32 on this side.
 */
export class LoadedMode<Inputs extends object, Outputs extends object> {
  readonly #session: Session;
  readonly #device: Device;
  readonly #ownsDevice: boolean;
  readonly #tokenizer: TokenizerSource;

  constructor(session: Session, device: Device, ownsDevice: boolean, tokenizer: TokenizerSource) {
    this.#tokenizer = tokenizer;
    this.#session = session;
    this.#device = device;
    this.#ownsDevice = ownsDevice;
  }

  /** What runs: kernels, plan, parameters, and the shapes of inputs and outputs. */
  get artifact(): Artifact {
    return this.#session.artifact;
  }

  /** The adapter's name, and whether the CPU plays its part. */
  get device(): { readonly name: string; readonly isSoftware: boolean } {
    return { name: this.#device.name, isSoftware: this.#device.isSoftware };
  }

  /**
   * Runs the mode once: one submit, nothing allocated on the device.
   *
   * @throws {RuntimeFault} where a file or a shape does not fit, or the device fails.
   */
  async run(inputs: Inputs, { seed = 0 }: RunSettings = {}): Promise<Outputs> {
    // The names and types were fixed by whoever chose `Outputs` for this mode; the session checks the inputs.
    return (await this.#session.run(await this.#read(inputs), { seed })) as Outputs;
  }

  /** Times every kernel on these inputs: medians over `runs` runs, in milliseconds. `profileText` prints it. */
  async profile(inputs: Inputs, runs = 5): Promise<BenchReport> {
    const profile = await this.#session.profile(await this.#read(inputs), { runs });
    return benchReport(this.artifact, this.#device.name, profile);
  }

  /** Frees the memory on the device, and closes the device where `load` opened it. */
  dispose(): void {
    this.#session.dispose();
    if (this.#ownsDevice) this.#device.dispose();
  }

  async #read(inputs: Inputs): Promise<Record<string, Tensor>> {
    const tensors: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(inputs) as [string, RunInput][]) {
      const spec = this.artifact.inputs.find((input) => input.name === name);
      // An unknown name is passed on: the session knows the others and says so.
      tensors[name] =
        typeof value === "string" && spec !== undefined
          ? await readInput(spec, value, this.#tokenizer)
          : (value as Tensor);
    }
    return tensors;
  }
}
