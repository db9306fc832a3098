import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import type { GroupSpec, StageSpec } from "../../../stage-artifact.ts";

/** Parameters of a line `train` that have one rate, such as those of a layer. */
export interface RateReport {
  readonly selector: string;
  /** What their paths have in common; empty where that is nothing. */
  readonly part: string;
  readonly tensors: number;
  /** Before the schedule. */
  readonly lr: number;
  /** The rate at each of the steps that were asked for. */
  readonly at: readonly { readonly step: number; readonly lr: number }[];
}

/** Learning rates by line and layer, at the steps for which the program says what its schedule gives. */
export function rateReport({ groups, factors = [] }: StageSpec): readonly RateReport[] {
  return groups.flatMap((group) =>
    [...byRate(group)].map(([lr, paths]) => ({
      selector: group.selector,
      part: commonPart(paths),
      tensors: paths.length,
      lr,
      at: factors.map(({ step, factor }) => ({ step, lr: lr * factor })),
    })),
  );
}

function byRate({ parameters }: GroupSpec): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const { path, lr } of parameters) {
    const paths = found.get(lr) ?? [];
    paths.push(path);
    found.set(lr, paths);
  }
  return found;
}

function commonPart([first = "", ...others]: readonly string[]): string {
  const names = first.split(".");
  const shared = names.findIndex((name, at) => others.some((path) => path.split(".")[at] !== name));
  return names.slice(0, shared < 0 ? names.length : shared).join(".");
}

export function ratesText(rates: readonly RateReport[], style: Style): string {
  const [first] = rates;
  if (first === undefined || first.at.length === 0) return "";
  const right = (title: string) => ({ title, align: "right" as const });
  const columns = [
    { title: "train" },
    { title: "of it" },
    right("tensors"),
    ...first.at.map(({ step }) => right(`lr at ${step}`)),
  ];
  const rows = rates.map(({ selector, part, tensors, at }) => [
    selector,
    part,
    String(tensors),
    ...at.map(({ lr }) => String(Number(lr.toPrecision(6)))),
  ]);
  return `\n${formatTable(columns, rows, style)}`;
}
