import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { CheckedPlan } from "./checked-stage.ts";

/**
 * `until` counts steps and samples from the first phase on: one that ends where the phase before does is reported. Epochs
 * are those of the phase itself, which may have data of its own.
 */
export function checkPhaseLengths(sink: DiagnosticSink, plans: readonly CheckedPlan[]): void {
  for (const [n, { name, span, policy }] of plans.entries()) {
    const [before, own] = [plans[n - 1]?.policy.length, policy.length];
    if (before === undefined || own?.unit !== before.unit || own.amount > before.amount) continue;
    if (own.unit === "epochs") continue;
    const needed = `more than ${before.amount}, where the phase before ends`;
    sink.report("stage-value", span, {
      what: `\`until\` of \`${name}\``,
      value: own.amount,
      needed,
    });
  }
}
