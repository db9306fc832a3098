import type { Device } from "../../runtime/device/device.ts";
import type { Session } from "../../runtime/session.ts";
import type { Tensor } from "../../runtime/tensor.ts";
import type { TokenizerSource } from "../../runtime/text/load-tokenizer.ts";
import type { Artifact } from "../artifact.ts";
import type { LoadedMode, RunSettings } from "./library-types.ts";
import { assertOptions, wholeNumber } from "./options/option-kinds.ts";
import { runTable } from "./options/option-tables.ts";
import { readGiven } from "./read-given.ts";
import { benchReport } from "./text/bench-report.ts";
import type { BenchReport } from "./text/bench-times.ts";

/** A mode without steps on its device, with what reads its inputs. */
export class ModeOnDevice<Inputs extends object, Outputs extends object>
  implements LoadedMode<Inputs, Outputs>
{
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

  get artifact(): Artifact {
    return this.#session.artifact;
  }

  get device(): { readonly name: string; readonly isSoftware: boolean } {
    return { name: this.#device.name, isSoftware: this.#device.isSoftware };
  }

  async run(inputs: Inputs, settings: RunSettings = {}): Promise<Outputs> {
    assertOptions("run", settings, runTable);
    const { seed = 0 } = settings;
    // The names and types were fixed by whoever chose `Outputs` for this mode.
    return (await this.#session.run(await this.#read(inputs), { seed })) as Outputs;
  }

  async profile(inputs: Inputs, runs = 5): Promise<BenchReport> {
    assertOptions("profile", { runs }, { runs: wholeNumber(1) });
    const profile = await this.#session.profile(await this.#read(inputs), { runs });
    return benchReport(this.artifact, this.#device.name, profile);
  }

  dispose(): void {
    this.#session.dispose();
    if (this.#ownsDevice) this.#device.dispose();
  }

  #read(inputs: Inputs): Promise<Record<string, Tensor>> {
    return readGiven(this.artifact, inputs, this.#tokenizer);
  }
}
