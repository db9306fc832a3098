import type { Axis } from "../../ir/graph/graph.ts";
import type { Span } from "../../source/source-file.ts";
import { resolvePath } from "../axes/axes.ts";
import { declarationsOf } from "../axes/report-binding.ts";
import type { Checker } from "../core/checker.ts";
import type { AxisTable } from "../core/contexts.ts";
import { describeAxes } from "../core/describe.ts";
import type { Storage } from "../core/entity.ts";
import type { ElaboratedRead, ReadRequest } from "./checkpoint-read.ts";
import { dimensionSize, gridInFile } from "./grid-shape.ts";
import { matchSubtree, segmentsOf } from "./key-pattern.ts";
import { type KeySource, keysOf } from "./map-keys.ts";
import { type ResampleRule, resampleStored } from "./resample-stored.ts";

/** Compares shapes after dropping dimensions of size 1, and resamples where a rule allows another size. */
export function fitShape(
  checker: Checker,
  request: ReadRequest,
  storage: Storage,
  source: KeySource,
  span: Span,
): ElaboratedRead["resample"] {
  const sizeOf = (axis: Axis): number => checker.sizes.valueOf(axis.size) ?? Number.NaN;
  const needed = storage.dimensions.map((dimension) => dimensionSize(dimension, sizeOf));
  const shapes = keysOf(source).map((key) => request.tensors[key] ?? []);
  const found = shapeOf(source, shapes);
  if (found !== undefined && isSameShape(found, needed)) return undefined;
  const [given = []] = shapes;
  const rule = source.kind === "key" ? ruleFor(checker, request, storage) : undefined;
  const inFile = rule && gridInFile(storage.dimensions, rule.over, given, sizeOf);
  if (rule !== undefined && inFile !== undefined) {
    const graph = resampleStored(checker, request.env, storage, rule, inFile);
    return graph === undefined ? undefined : { shape: given, graph };
  }
  const shape = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;
  const declared = span === storage.span ? [] : [{ span: storage.span, text: "declared here" }];
  const related = [
    ...declared,
    ...declarationsOf(checker, request.env, modelAxes(checker, storage)),
  ];
  const grid = rule === undefined ? gridOf(storage) : undefined;
  if (grid !== undefined && gridInFile(storage.dimensions, grid, given, sizeOf) !== undefined) {
    const over = grid.map((axis) => describeAxes(checker, request.env, [axis])).join(", ");
    const hint = `\`resample ${storage.path} over ${over} with bicubic\` in a \`weights\` block`;
    const where = "in what is loaded";
    const params = { path: storage.path, needed: shape(needed), found: shape(given), where };
    checker.sink.report("missing-resample", span, params, { hint, related });
    return undefined;
  }
  checker.sink.report(
    "shape-mismatch",
    span,
    {
      key: keysOf(source).join(" + "),
      path: storage.path,
      needed: shape(needed),
      found: shapes.map(shape).join(" + "),
    },
    { related },
  );
  return undefined;
}

/** Axes of the model itself, or given by it: their sizes are set where it declares them. */
function modelAxes(context: AxisTable, { axes, instance }: Storage): readonly Axis[] {
  const outer = axes.flatMap((axis) => {
    const formal = instance.formals.find((one) => one.inner.includes(axis));
    return formal === undefined ? [axis] : (formal.outer ?? []);
  });
  return outer.filter((axis) => (context.owners.get(axis)?.path ?? "") === "");
}

/** The shape of what a source makes of its tensors; undefined where it cannot be made of these. */
function shapeOf(
  source: KeySource,
  shapes: readonly (readonly number[])[],
): readonly number[] | undefined {
  const [first = []] = shapes;
  const [length, ...rest] = first;
  switch (source.kind) {
    case "key":
      return first;
    case "transpose":
      return first.length === 2 ? first.toReversed() : undefined;
    case "part":
      return length === undefined || length % source.of !== 0
        ? undefined
        : [length / source.of, ...rest];
    case "concat": {
      const isAlike = shapes.every(
        (shape) => shape.length > 0 && isSameShape([1, ...shape.slice(1)], [1, ...rest]),
      );
      if (!isAlike) return undefined;
      return [shapes.reduce((total, shape) => total + (shape[0] ?? 0), 0), ...rest];
    }
  }
}

function isSameShape(left: readonly number[], right: readonly number[]): boolean {
  const drop = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join(",");
  return drop(left) === drop(right);
}

/** Two axes that are stored as one dimension, or are one segment of it: most likely rows and columns. */
export function gridOf({ dimensions }: Pick<Storage, "dimensions">): readonly Axis[] | undefined {
  const products = dimensions.flatMap(({ axes }) => [
    axes,
    ...axes.flatMap((axis) => axis.segments ?? []),
  ]);
  return products.find((axes) => axes.length === 2);
}

function ruleFor(
  checker: Checker,
  request: ReadRequest,
  storage: Storage,
): ResampleRule | undefined {
  for (const mapping of request.block?.mappings ?? []) {
    if (mapping.kind !== "resample") continue;
    const pattern = segmentsOf(mapping.path);
    if (pattern === undefined || matchSubtree(pattern, storage.path) === undefined) continue;
    const over = mapping.over.flatMap((path) => {
      const entity = resolvePath(checker, request.env, path);
      return entity?.kind === "axes" ? entity.axes : [];
    });
    return { over, with: mapping.with, span: mapping.span };
  }
  return undefined;
}
