import type { SpanSink } from "./execute/span.ts";
import type { WeightProgress } from "./stored/weight-progress.ts";

/** What may be asked of a session beside its program, its device and its weights. */
export interface SessionOptions {
  /** After each compiled pipeline. */
  readonly onPipeline?: ((done: number, total: number, kernel: string) => void) | undefined;
  /** While parameters are loaded. */
  readonly onWeights?: ((progress: WeightProgress) => void) | undefined;
  /** While weights that do not fit pass through the device, in each run anew. */
  readonly onStream?: ((progress: WeightProgress) => void) | undefined;
  /**
   * Look for NaN and infinity in weights, inputs and the result of every kernel. Each run then ends with a
   * fault that names the first place, and is much slower.
   */
  readonly guard?: boolean | undefined;
  /** Fill what the plan holds for dead with NaN while running: proves plans in tests. */
  readonly poison?: boolean | undefined;
  /** Allocate what `permuteStates` needs: as much as the largest state. */
  readonly permutes?: boolean | undefined;
  /** Told of every piece of work in `create` when it has ended, for traces. */
  readonly onSpan?: SpanSink | undefined;
}
