import { shapeText, type Tensor } from "../../../runtime/tensor.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";
import type { OutputSpec } from "../../artifact.ts";

/** What a person wants to know of a tensor that is too long to print. */
interface TensorSummary {
  readonly name: string;
  readonly element: string;
  readonly shape: OutputSpec["shape"];
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Root of the sum of squares. */
  readonly norm: number;
  /** Elements that are NaN or infinite; the other figures leave them out. */
  readonly notFinite: number;
  readonly first: readonly number[];
}

export function summarise(spec: OutputSpec, tensor: Tensor | undefined): TensorSummary {
  const data = tensor?.data ?? new Float32Array();
  let [min, max, sum, squares, finite] = [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0,
    0,
    0,
  ];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    squares += value * value;
    finite += 1;
  }
  return {
    name: spec.name,
    element: spec.element,
    shape: spec.shape,
    min: finite === 0 ? Number.NaN : min,
    max: finite === 0 ? Number.NaN : max,
    mean: sum / finite,
    norm: Math.sqrt(squares),
    notFinite: data.length - finite,
    first: [...data.subarray(0, 4)],
  };
}

export function outputTable(rows: readonly TensorSummary[], style: Style): string {
  const columns = [
    { title: "output" },
    { title: "type" },
    { title: "min", align: "right" },
    { title: "max", align: "right" },
    { title: "mean", align: "right" },
    { title: "norm", align: "right" },
    { title: "first elements" },
  ] as const;
  const cells = rows.map((row) => [
    row.name,
    `${row.element}${shapeText(row.shape)}`,
    ...[row.min, row.max, row.mean, row.norm].map((value) => figure(row, value)),
    row.first.length === 0
      ? "no elements"
      : `${row.first.map((value) => value.toPrecision(3)).join(" ")} ...`,
  ]);
  const broken = rows.filter((row) => row.notFinite > 0);
  const remarks = broken.map(
    (row) =>
      `${row.name}: ${row.notFinite} elements are NaN or infinite (--guard finds the first place)\n`,
  );
  return formatTable(columns, cells, style) + remarks.join("");
}

/** Of no elements there is no least, no largest and no mean. */
function figure({ first }: TensorSummary, value: number): string {
  return first.length === 0 ? "-" : value.toPrecision(4);
}
