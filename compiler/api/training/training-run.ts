import type { Device } from "../../../runtime/device/device.ts";
import { openDevice } from "../../../runtime/device/open-device.ts";
import { Session } from "../../../runtime/session.ts";
import type { TrainEvent } from "../../../runtime/train/train-events.ts";
import type { StopSignal } from "../../../runtime/train/train-steps.ts";
import type { TrainingOptions, TrainingRun } from "../library-types.ts";
import { openOn } from "../open-loaded.ts";
import { openTraining, type Training } from "./open-training.ts";
import type { RunHost } from "./run-phases.ts";

/** What the runs of a study know beside their options. */
type RunOfMany = Pick<RunHost, "until" | "frozen">;

/** Opens the device, compiles, and makes a run ready for its next step; `until` is where it is left for now. */
export function openTrainingRun(
  options: TrainingOptions,
  { until, frozen }: RunOfMany = {},
): Promise<RunOnDevice> {
  return openOn(options, async (device, isOwner) => {
    const { device: select = "auto" } = options;
    let current = device;
    const training = await openTraining(options, {
      device,
      until,
      frozen,
      // A step that is broken is looked for afterwards.
      open: (artifact, source, on) =>
        Session.create(artifact, on, source, { ...options, guard: false }),
      ...(typeof select === "string" && {
        reopen: async () => {
          current.dispose();
          current = await openDevice({ select });
          return current;
        },
      }),
    });
    const close = (): void => (isOwner ? current.dispose() : undefined);
    return new RunOnDevice(training, device, close, options.signal);
  });
}

/** What the library gives to programs: the run with the device that was opened for it. */
class RunOnDevice implements TrainingRun {
  readonly #training: Training;
  readonly #device: Device;
  readonly #closeDevice: () => void;
  readonly #signal: StopSignal | undefined;
  #isDisposed = false;

  constructor(
    training: Training,
    device: Device,
    closeDevice: () => void,
    signal: StopSignal | undefined,
  ) {
    this.#training = training;
    this.#device = device;
    this.#closeDevice = closeDevice;
    this.#signal = signal;
  }

  get artifact(): TrainingRun["artifact"] {
    return this.#training.artifact;
  }

  get device(): TrainingRun["device"] {
    const { name, isSoftware } = this.#device;
    return { name, isSoftware };
  }

  get from(): number {
    return this.#training.from;
  }

  get steps(): number {
    return this.#training.steps;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TrainEvent> {
    try {
      for (const message of this.#training.warnings) yield { kind: "warning", message };
      yield* this.#training.events(this.#signal);
    } finally {
      this.dispose();
    }
  }

  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#training.close();
    this.#closeDevice();
  }
}
