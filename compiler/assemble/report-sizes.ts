import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { StoredDimension } from "../ir/graph/graph.ts";
import type { BoundStep } from "../pipeline.ts";
import type { Span } from "../source/source-file.ts";

/** Elements of one tensor beyond which no machine holds it: planning would only take long to say so. */
const largestTensor = 2 ** 36;
/** Positions are 32-bit numbers on the device. */
const largestAxis = 2 ** 31 - 1;

/** Inputs, parameters and states that the sizes of the call, or the model's own, make absurdly large. */
export function reportSizes(steps: readonly BoundStep[], sink: DiagnosticSink): void {
  for (const { graph, extent } of steps) {
    const check = (what: string, dimensions: readonly StoredDimension[], span: Span): boolean => {
      const axes = dimensions.flatMap((dimension) => dimension.axes);
      const long = axes.find((axis) => extent(axis) > largestAxis);
      const elements = axes.reduce((product, axis) => product * extent(axis), 1);
      if (long === undefined && elements <= largestTensor) return true;
      const params =
        long === undefined
          ? { what, found: `${elements} elements`, limit: largestTensor }
          : { what: `axis \`${long.name}\``, found: String(extent(long)), limit: largestAxis };
      sink.report("size-too-large", span, params);
      return false;
    };
    // One size mostly makes several tensors too large.
    const isFine =
      graph.inputs.every(({ name, dimensions, span }) => check(`\`${name}\``, dimensions, span)) &&
      graph.stored.every(({ path, dimensions, span }) => check(`\`${path}\``, dimensions, span));
    if (!isFine) return;
  }
}
