import { formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import type { ModelCosts, StoredParameter } from "../../../assemble/whole-model.ts";
import { countAll, countMembers, countSelected } from "./count-parts.ts";

/** What a whole model stores and what each of its modes takes, as `weft inspect --json` prints it. */
export interface ModelReport {
  readonly model: string;
  readonly parameters: CountReport;
  /** By `--count`. */
  readonly counts: Readonly<Record<string, number>>;
  readonly modes: readonly {
    readonly mode: string;
    readonly step?: string | undefined;
    readonly sizes: Readonly<Record<string, number>>;
    readonly parameters: CountReport;
    /** As papers count, and as computed: see `InspectReport`. */
    readonly macs: number;
    readonly exactMacs: number;
  }[];
}

interface CountReport {
  readonly total: number;
  /** By member of the model; their sum is the total. */
  readonly parts: Readonly<Record<string, number>>;
}

export function modelReport(costs: ModelCosts, selectors: readonly string[]): ModelReport {
  return {
    model: costs.model,
    parameters: countReport(costs.parameters),
    counts: Object.fromEntries(
      selectors.map((text) => [text, countSelected(costs.parameters, text)]),
    ),
    modes: costs.modes.map(({ mode, step, sizes, parameters, macs, paperMacs }) => ({
      mode,
      step,
      sizes,
      parameters: countReport(parameters),
      macs: paperMacs,
      exactMacs: macs,
    })),
  };
}

function countReport(parameters: readonly StoredParameter[]): CountReport {
  return { total: countAll(parameters), parts: countMembers(parameters) };
}

export function modelText(report: ModelReport, style: Style): string {
  const number = (count: number): string => count.toLocaleString("en-US");
  const counts = [
    ["parameters", number(report.parameters.total)],
    ...Object.entries(report.parameters.parts).map(([part, count]) => [`  ${part}`, number(count)]),
    ...Object.entries(report.counts).map(([selector, count]) => [selector, number(count)]),
  ];
  const parts = formatTable([{ title: "" }, { title: "", align: "right" }], counts, style);
  const columns = [
    { title: "mode" },
    { title: "sizes" },
    { title: "parameters", align: "right" },
    { title: "MACs", align: "right" },
    { title: "exactly", align: "right" },
  ] as const;
  const rows = report.modes.map(({ mode, step, sizes, parameters, macs, exactMacs }) => [
    step === undefined ? mode : `${mode}.${step}`,
    Object.entries(sizes)
      .map(([axis, size]) => `${axis} = ${size}`)
      .join(", "),
    number(parameters.total),
    formatCount(macs),
    formatCount(exactMacs),
  ]);
  return `${style.colors.bold(report.model)}\n${parts.trimStart()}\n${formatTable(columns, rows, style)}`;
}
