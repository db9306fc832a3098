import { checkFiles } from "../../../compiler/2-check/check-files.ts";
import { elaborateMode } from "../../../compiler/2-check/modes/elaborate-mode.ts";
import { reverseMode } from "../../../compiler/3-differentiate/reverse-mode.ts";
import { memoryLoader } from "../../../compiler/api/load/memory-loader.ts";
import { parseOnce } from "../../../compiler/api/load/parse-once.ts";
import { renderDiagnostics } from "../../../compiler/diagnostics/render.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { constant } from "../../../compiler/ops/build/build.ts";
import { extentOf } from "../../../compiler/ops/extent.ts";
import { interpretGraph } from "../../../compiler/ops/interpret-graph.ts";

/** The loss that a mode of model `Losses` is, and its gradient by the mode's first input, in float64. */
export function lossGradient(
  text: string,
  mode: string,
  at: Readonly<Record<string, readonly number[]>>,
): { readonly loss: number; readonly gradient: readonly number[] } {
  const sink = new DiagnosticSink();
  const loader = memoryLoader("losses.weft", text);
  const program = checkFiles({ entries: ["losses.weft"], loader, parse: parseOnce, sink });
  const found = elaborateMode(program, { model: "Losses", mode, overrides: [], sink });
  const inputs = found?.graph.inputs ?? [];
  const [x, loss] = [inputs[0]?.value, found?.graph.outputs[0]?.value];
  if (found === undefined || x === undefined || loss === undefined)
    throw new Error(renderDiagnostics(sink.diagnostics));
  const { build, sizes } = found;
  const one = constant(build, 1, "f32", loss.origin);
  const gradient = reverseMode({ build, seeds: new Map([[loss, one]]), wanted: [x] }).get(x);
  if (gradient === undefined) throw new Error("the loss does not depend on the input");
  const feeds = new Map(
    inputs.map(({ name, value }) => [
      value,
      { type: value.type, data: Float64Array.from(at[name] ?? []) },
    ]),
  );
  const all = interpretGraph([loss, gradient], feeds, extentOf(sizes, new Map()));
  return {
    loss: all.get(loss)?.data[0] ?? Number.NaN,
    // -0 is 0.
    gradient: [...(all.get(gradient)?.data ?? [])].map((value) => value + 0),
  };
}
