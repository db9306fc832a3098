/** One piece of work on the clock of `performance.now()`, for traces. */
export interface Span {
  readonly name: string;
  readonly category: SpanCategory;
  readonly startMs: number;
  readonly endMs: number;
  readonly details?: SpanDetails;
}

/**
 * Spans of all categories but `pipeline`, of which many run at once, and `step`, which are a device's, nest within each other.
 */
export type SpanCategory =
  | "load"
  | "compile"
  | "pipelines"
  | "pipeline"
  | "weights"
  | "run"
  | "train"
  | "step";

export type SpanDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

export type SpanSink = (span: Span) => void;

/** Does the work and tells the sink how long it took, whether it ends well or not. */
export async function spanned<T>(
  sink: SpanSink | undefined,
  category: SpanCategory,
  name: string,
  work: () => Promise<T> | T,
): Promise<T> {
  const startMs = performance.now();
  try {
    return await work();
  } finally {
    sink?.({ name, category, startMs, endMs: performance.now() });
  }
}
