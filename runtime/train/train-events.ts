/** What the numbers of a step are: a line of `metrics.jsonl`. */
export interface StepMetrics {
  /** From 1. */
  readonly step: number;
  /** Seen so far, in this step too. */
  readonly samples: number;
  readonly loss: number;
  /** Further scalars of the step by name: what is watched, `norm`, `lr`. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Since the numbers before were read. */
  readonly samplesPerSecond: number;
  /** Share of that time in which the loop waited for records, 0 to 1. */
  readonly idle: number;
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
  | { readonly kind: "checkpoint"; readonly step: number; readonly folder: string }
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
}

/** The state of a checkpoint's `state.json`; undefined where it has another form. */
export function parseRunState(found: unknown): RunState | undefined {
  const { step, samples, seed, phase } = (found ?? {}) as Partial<Record<keyof RunState, unknown>>;
  const areCounts = [step, samples, seed].every((value) => Number.isSafeInteger(value));
  const isNamed = phase === undefined || typeof phase === "string";
  return areCounts && isNamed ? (found as RunState) : undefined;
}
