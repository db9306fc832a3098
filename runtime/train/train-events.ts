/** How fast a run goes, and what it takes: what differs from one machine and one time to the next. */
export interface RunSpeed {
  /** Since the numbers before were read. */
  readonly samplesPerSecond: number;
  /** Share of that time in which the device had nothing to do because records were not there, 0 to 1. */
  readonly idle: number;
  /** Bytes of the process. */
  readonly memory: number;
  /** When the numbers were read: seconds since 1970. */
  readonly time: number;
}

/** What the numbers of a step are: a line of `metrics.jsonl`. */
export interface StepMetrics extends RunSpeed {
  /** From 1. */
  readonly step: number;
  /** Seen so far, in this step too. */
  readonly samples: number;
  readonly loss: number;
  /** Further scalars of the step by name: what is watched, `norm`, `lr`. */
  readonly scalars: Readonly<Record<string, number>>;
}

/** The loss of records that are not trained on, and what is watched: means over all of them. */
export interface HeldOutMetrics {
  readonly loss: number;
  readonly watches: Readonly<Record<string, number>>;
}

export type TrainEvent =
  | ({ readonly kind: "step" } & StepMetrics)
  | {
      /** A phase of several begins, or goes on. */
      readonly kind: "phase";
      readonly phase: string;
      /** Steps of the run that are done. */
      readonly step: number;
      /** The step of the run with which it ends. */
      readonly until: number;
    }
  | ({ readonly kind: "held_out"; readonly step: number } & HeldOutMetrics)
  | {
      readonly kind: "checkpoint";
      readonly step: number;
      readonly folder: string;
      /** Whether no checkpoint before it was better. */
      readonly isBest: boolean;
    }
  | { readonly kind: "warning"; readonly message: string }
  | {
      readonly kind: "done";
      readonly step: number;
      readonly samples: number;
      /** Whether the steps are all done, or the run was told to stop. */
      readonly isComplete: boolean;
    };

/** Where a run stands: what `state.json` of a checkpoint keeps of it. */
export interface RunState {
  /** Steps that are done. */
  readonly step: number;
  readonly samples: number;
  readonly seed: number;
  /** Of its last step; undefined where the stage has none. */
  readonly phase?: string | undefined;
  /** Losses of steps since the last checkpoint that was compared with others. */
  readonly losses?: { readonly sum: number; readonly count: number } | undefined;
  /** The best checkpoint so far, by the loss of held-out records where there are any, else by the mean over its steps. */
  readonly best?: { readonly step: number; readonly loss: number } | undefined;
}

/** The state of a checkpoint's `state.json`; undefined where it has another form. */
export function parseRunState(found: unknown): RunState | undefined {
  const state = (found ?? {}) as Partial<Record<keyof RunState, unknown>>;
  const { step, samples, seed, phase, losses, best } = state;
  const areCounts = [step, samples, seed].every((value) => Number.isSafeInteger(value));
  const isNamed = phase === undefined || typeof phase === "string";
  const areKept = hasNumbers(losses, ["sum", "count"]) && hasNumbers(best, ["step", "loss"]);
  return areCounts && isNamed && areKept ? (found as RunState) : undefined;
}

/** Whether it is not there, or a record with these numbers. */
function hasNumbers(value: unknown, names: readonly string[]): boolean {
  if (value === undefined) return true;
  const record = (value ?? {}) as Readonly<Record<string, unknown>>;
  return names.every((name) => typeof record[name] === "number");
}
