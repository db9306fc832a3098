import type { Session } from "../../../runtime/session.ts";
import { quantizedTotal } from "../../../runtime/stored/quantized-total.ts";
import type { Tensor } from "../../../runtime/tensor.ts";
import { formatBytes, formatTime } from "../../api/text/format-quantity.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";
import type { ModeOptions } from "../options/mode-options.ts";

/** One mode with its weights stored in one width, beside the same with other widths. */
export interface WidthReport {
  readonly weights: "f32" | "f16" | "int8" | "int4";
  readonly weightBytes: number;
  /** Least time of a whole run. */
  readonly totalMs: number;
  /** Bytes of weights over the time of a run. */
  readonly gigabytesPerSecond: number;
  /** Of the quantised weights to what they were, norm over norm; 0 for the first. */
  readonly weightError: number;
  /** The same of all outputs to those of the first. */
  readonly outputError: number;
}

type Inputs = Readonly<Record<string, Tensor>>;

/** The options for the mode as it is, and for each width. */
function widthsOf(options: ModeOptions): readonly ModeOptions[] {
  const { quantize: _, ...plain } = options;
  return [plain, { ...plain, quantize: "int8" }, { ...plain, quantize: "int4" }];
}

/**
 * Runs the mode in each width on the same inputs and compares what comes out. The widths take turns, and
 * the least time of each counts, so that other work on the machine meets all of them alike.
 */
export async function compareWidths(
  options: ModeOptions,
  runs: number,
  inputs: (session: Session) => Promise<Inputs>,
  open: (options: ModeOptions) => Promise<Session>,
): Promise<readonly WidthReport[]> {
  const opened: { readonly weights: WidthReport["weights"]; readonly session: Session }[] = [];
  try {
    for (const own of widthsOf(options)) {
      const weights = own.quantize ?? own.precision ?? "f32";
      opened.push({ weights, session: await open(own) });
    }
    const [first] = opened;
    const given = first === undefined ? {} : await inputs(first.session);
    const outputs = await inTurn(opened, ({ session }) => session.run(given));
    const times = opened.map(() => Number.POSITIVE_INFINITY);
    for (let run = 0; run < runs; run++) {
      const own = await inTurn(opened, ({ session }) => session.profile(given, { runs: 1 }));
      own.forEach(({ totalMs }, n) => {
        times[n] = Math.min(times[n] ?? totalMs, totalMs);
      });
    }
    return opened.map(({ weights, session }, n): WidthReport => {
      const { weightBytes } = session.artifact.program.plan;
      const { quantized } = session.weights;
      const totalMs = times[n] ?? 0;
      return {
        weights,
        weightBytes,
        totalMs,
        gigabytesPerSecond: weightBytes / totalMs / 1e6,
        weightError: quantized.length === 0 ? 0 : quantizedTotal(quantized).error,
        outputError: relativeError(outputs[n] ?? {}, outputs[0] ?? {}),
      };
    });
  } finally {
    for (const { session } of opened) session.dispose();
  }
}

async function inTurn<T, R>(list: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of list) results.push(await action(item));
  return results;
}

export function widthsText(reports: readonly WidthReport[], style: Style): string {
  const columns = [
    { title: "weights" },
    { title: "bytes", align: "right" },
    { title: "time", align: "right" },
    { title: "faster", align: "right" },
    { title: "GB/s", align: "right" },
    { title: "weight error", align: "right" },
    { title: "output error", align: "right" },
  ] as const;
  const rows = reports.map((report) => [
    report.weights,
    formatBytes(report.weightBytes),
    formatTime(report.totalMs),
    `${((reports[0]?.totalMs ?? 0) / report.totalMs).toFixed(2)} x`,
    report.gigabytesPerSecond.toFixed(1),
    errorText(report.weightError),
    errorText(report.outputError),
  ]);
  return formatTable(columns, rows, style);
}

function errorText(error: number): string {
  return error === 0 ? "0" : `${(error * 100).toPrecision(2)} %`;
}

/** Norm of the difference over the norm of what is right, over all outputs together. */
function relativeError(found: Inputs, right: Inputs): number {
  let [difference, norm] = [0, 0];
  for (const [name, tensor] of Object.entries(right)) {
    for (let place = 0; place < tensor.data.length; place++) {
      const wanted = tensor.data[place] ?? 0;
      difference += ((found[name]?.data[place] ?? Number.NaN) - wanted) ** 2;
      norm += wanted ** 2;
    }
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}
