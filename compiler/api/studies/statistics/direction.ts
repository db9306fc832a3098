export type Direction = "higher" | "lower";

/** Names of numbers that are better the lower they are; all others of evaluations are better the higher they are. */
const lower =
  /(^|[._ ])(loss|perplexity|ppl|nll|error|errors|err|mse|rmse|mae|wer|cer|fid|ece|bits_per_byte|bits_per_token)$/;

/** Which way a metric gets better: `loss`, `held.loss` and `captions.perplexity` are lower, `vqa.accuracy` is higher. */
export function directionOf(metric: string): Direction {
  return lower.test(metric) ? "lower" : "higher";
}

/** Whether a difference is for the better. */
export function isGain(difference: number, direction: Direction): boolean {
  return direction === "higher" ? difference > 0 : difference < 0;
}
