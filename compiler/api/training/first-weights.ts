import { existsSync } from "node:fs";
import { fault } from "../../../runtime/faults.ts";
import { checkFiles } from "../../2-check/check-files.ts";
import { findStage, planOf } from "../../2-check/stages/find-stage.ts";
import { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { StageOptions } from "../compile-options.ts";
import { namedSource } from "../load/named-source.ts";
import { parseOnce } from "../load/parse-once.ts";

/** What a run takes its first weights from, and what people should know of it. */
interface FirstWeights {
  /** Undefined for initialisers. */
  readonly weights: StageOptions["weights"];
  readonly warnings: readonly string[];
}

/**
 * The weights that are asked for, else those that the stage starts from. What is wrong with the text is left for
 * the compiler to tell.
 *
 * @throws {RuntimeFault} `start-missing` where the stage starts from what is not there.
 */
export function firstWeights({ file, stage, phase, weights }: StageOptions): FirstWeights {
  const { entry, loader } = namedSource(file);
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [entry], loader: loader(), parse: parseOnce, sink });
  const found = sink.hasErrors ? undefined : findStage(program, { stage, phase }, sink);
  const plan = found && planOf(found);
  const start = plan?.policy.start;
  if (plan === undefined || start === undefined) return { weights, warnings: [] };
  const { name } = plan;
  if (weights === undefined) {
    if (!existsSync(start)) throw fault("start-missing", { stage: name, path: start });
    return { weights: start, warnings: [] };
  }
  const given = typeof weights === "string" ? weights : weights.join(", ");
  const message = `the weights come from \`${given}\`, not from \`${start}\`, where \`${name}\` starts`;
  return { weights, warnings: [message] };
}
