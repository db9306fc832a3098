import { checkFiles } from "../../../compiler/2-check/check-files.ts";
import type { ModelOverride } from "../../../compiler/2-check/core/override-table.ts";
import { elaborateMode } from "../../../compiler/2-check/modes/elaborate-mode.ts";
import {
  type CheckpointFile,
  checkpointOf,
  readsOf,
} from "../../../compiler/2-check/weights/checkpoint-of.ts";
import { overConfig } from "../../../compiler/2-check/weights/read-config.ts";
import { parseOnce } from "../../../compiler/api/load/parse-once.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import type { Axis } from "../../../compiler/ir/graph/graph.ts";
import type { SourceLoader } from "../../../compiler/source/source-loader.ts";

export interface ReadModel {
  readonly codes: readonly string[];
  readonly layout: string | undefined;
  readonly overrides: readonly ModelOverride[];
  readonly reads: ReturnType<typeof readsOf> | undefined;
  readonly sizeOf: (axis: Axis) => number | undefined;
}

/** What the compiler does with a checkpoint, up to the graph. */
export function readCheckpoint(
  loader: SourceLoader,
  entry: string,
  model: string,
  mode: string,
  checkpoint: CheckpointFile,
  more: { readonly layout?: string; readonly set?: readonly ModelOverride[] } = {},
): ReadModel {
  const sink = new DiagnosticSink();
  const program = checkFiles({ entries: [entry], loader, parse: parseOnce, sink });
  const chosen = checkpointOf(program, { model, layout: more.layout, checkpoint, sink });
  const overrides = overConfig(chosen?.overrides ?? [], more.set ?? []);
  const elaborated = chosen && elaborateMode(program, { model, mode, overrides, sink });
  const reads = chosen && elaborated && readsOf(elaborated, chosen);
  return {
    codes: sink.diagnostics.map((one) => one.code),
    layout: chosen?.layout?.block.name.text,
    overrides: chosen?.overrides ?? [],
    reads,
    sizeOf: (axis) => elaborated?.sizes.valueOf(axis.size),
  };
}
