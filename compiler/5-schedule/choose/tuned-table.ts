import type { DeviceProfile, TunedChoice } from "../../ir/device-profile.ts";
import { nodesOf } from "../../ir/expr/expr-cost.ts";
import { unflatten } from "../../ir/kernel/flat-axes.ts";
import type { Engine, Expr, Kernel, KernelTensor } from "../../ir/kernel/kernel.ts";
import { extentOfAll, rightsOf } from "../../ir/kernel/loop-axes.ts";
import { AccessPatterns, fourPositions } from "../schedules/access-pattern.ts";

/** What the table of the device says of this kernel. */
export function tunedChoice(
  kernel: Kernel,
  tensors: readonly KernelTensor[],
  { tuned }: DeviceProfile,
): TunedChoice | undefined {
  if (tuned === undefined) return undefined;
  const key = tuningKey(kernel, tensors);
  return key === undefined || !Object.hasOwn(tuned, key) ? undefined : tuned[key];
}

/**
 * What kernels have in common that one choice serves. Sizes that a program fixes (inner, columns, widths of
 * heads) stand as they are; those that change from call to call (rows, batch, tokens) by their bucket.
 * `undefined`: the engine is not tuned, or there is nothing to compute.
 */
export function tuningKey(kernel: Kernel, tensors: readonly KernelTensor[]): string | undefined {
  const { engine } = kernel;
  const parts = keyParts(engine, tensors);
  if (parts === undefined) return undefined;
  const stored = kernel.stores.map(({ tensor }) => tensors[tensor]?.storage ?? "");
  return [...parts, `to ${[...new Set(stored)].toSorted().join("+")}`].join(" ");
}

/** Up to 16 as it is, then up to the next power of two: tiles of that many rows are full or not. */
export function bucketOf(extent: number): string {
  if (extent <= 16) return String(extent);
  return `<=${2 ** Math.ceil(Math.log2(extent))}`;
}

function keyParts(engine: Engine, tensors: readonly KernelTensor[]): string[] | undefined {
  if (engine.kind === "contract") {
    const sizes = [engine.batch, engine.rows, engine.inner, engine.columns].map(extentOfAll);
    if (sizes.includes(0)) return undefined;
    const [batch = 0, rows = 0, inner, columns] = sizes;
    const rights = rightsOf(engine);
    const statistics = engine.statistics?.length ?? 0;
    return [
      `contract ${bucketOf(rows)}x${inner}x${columns}`,
      ...(batch > 1 ? [`batch ${bucketOf(batch)}`] : []),
      ...(rights.length > 1 ? [`products ${rights.length}`] : []),
      ...(statistics > 0 ? [`statistics ${statistics}`] : []),
      `of ${storageOf([engine.left], tensors)} by ${storageOf(rights, tensors)}`,
      layoutOf(engine, rights, tensors),
    ];
  }
  if (engine.kind !== "attend") return undefined;
  const { batch, queries, keys, inner, valueAxes } = engine;
  const sizes = [batch, queries, keys, inner, valueAxes].map(extentOfAll);
  if (sizes.includes(0)) return undefined;
  const [heads = 0, rows = 0, columns = 0, width, results] = sizes;
  return [
    `attend ${bucketOf(heads)}x${bucketOf(rows)}x${bucketOf(columns)}x${width}x${results}`,
    ...(engine.mask === undefined ? [] : ["masked"]),
    `of ${storageOf([engine.query, engine.key, engine.value], tensors)}`,
  ];
}

/** Is the right operand a weight, which may be turned round, and does it lie together along the inner axes? */
function layoutOf(
  engine: Extract<Engine, { kind: "contract" }>,
  rights: readonly Expr[],
  tensors: readonly KernelTensor[],
): string {
  const read = tensorsIn(rights, tensors);
  const isWeight = read.length > 0 && read.every(({ role }) => role === "parameter");
  const patterns = new AccessPatterns(tensors, () => undefined);
  const along = unflatten(engine.inner, fourPositions(engine.inner));
  const isByInner = patterns.ofLoads(rights, along).apart === 0;
  return `${isWeight ? "weights" : "values"} by ${isByInner ? "inner" : "column"}`;
}

function storageOf(exprs: readonly Expr[], tensors: readonly KernelTensor[]): string {
  const storages = tensorsIn(exprs, tensors).map(({ storage }) => storage);
  return [...new Set(storages)].toSorted().join("+") || "nothing";
}

function tensorsIn(
  exprs: readonly Expr[],
  tensors: readonly KernelTensor[],
): readonly KernelTensor[] {
  const ids = nodesOf(exprs).flatMap((node) => (node.kind === "load" ? [node.tensor] : []));
  return [...new Set(ids)].flatMap((id) => tensors[id] ?? []);
}
