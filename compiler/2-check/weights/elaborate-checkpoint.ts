import { nearestNames } from "../../diagnostics/suggest.ts";
import type { WeightsSyntax } from "../../ir/entry-syntax.ts";
import type { Axis, Graph } from "../../ir/graph.ts";
import type { Span } from "../../source/source-file.ts";
import { resolvePath } from "../axes.ts";
import type { Elaboration } from "../elaboration.ts";
import type { Env, Storage } from "../meaning.ts";
import { dimensionSize, gridInFile } from "./grid-shape.ts";
import { matchesKey, matchSubtree, segmentsOf } from "./key-pattern.ts";
import { type KeySource, keysOf, mapKey, prefixOf } from "./map-keys.ts";
import { type ResampleRule, resampleStored } from "./resample-stored.ts";

export interface CheckpointRequest {
  /** Undefined where no `weights` block fits: paths are keys. */
  readonly block: WeightsSyntax | undefined;
  /** Names of the block's file, with the model's own before them. */
  readonly env: Env;
  /** What the mode reaches. */
  readonly stored: readonly Storage[];
  /** Shapes by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** Where the checkpoint was asked for, for what no line of text is to blame for. */
  readonly span: Span;
}

export interface ElaboratedCheckpoint {
  readonly layout: string;
  readonly prefix: string;
  readonly ignore: readonly string[];
  readonly reads: readonly ElaboratedRead[];
}

export interface ElaboratedRead {
  readonly parameter: string;
  /** Undefined where the parameter is initialised. */
  readonly source: KeySource | undefined;
  readonly resample: { readonly shape: readonly number[]; readonly graph: Graph } | undefined;
}

/** What is read for every parameter; missing keys and shapes that do not fit are reported. */
export function elaborateCheckpoint(
  on: Elaboration,
  request: CheckpointRequest,
): ElaboratedCheckpoint {
  const { block, tensors } = request;
  const owners = new Map<string, string>();
  const reads = request.stored.map((storage): ElaboratedRead => {
    const { source, span, tied } = mapKey(block, storage.path);
    if (source === undefined) return { parameter: storage.path, source, resample: undefined };
    for (const key of keysOf(source)) {
      if (tensors[key] === undefined) {
        const nearest = nearestNames(key, Object.keys(tensors));
        on.sink.report("key-missing", span ?? storage.span, { key, path: storage.path, nearest });
        return { parameter: storage.path, source, resample: undefined };
      }
      const first = owners.get(key);
      if (first !== undefined && !tied && source.kind !== "part") {
        on.sink.report("key-used-twice", span ?? storage.span, {
          key,
          first,
          second: storage.path,
        });
      }
      owners.set(key, storage.path);
    }
    return {
      parameter: storage.path,
      source,
      resample: fitted(on, request, storage, source, span),
    };
  });
  return { layout: block?.name.text ?? "", prefix: prefixOf(block), ignore: ignored(block), reads };
}

/** How many of the model's keys the file has under this block: the block that fits has all of them. */
export function countFound(
  block: WeightsSyntax | undefined,
  paths: readonly string[],
  tensors: Readonly<Record<string, unknown>>,
): number {
  let found = 0;
  for (const path of paths) {
    const { source } = mapKey(block, path);
    if (source === undefined || keysOf(source).every((key) => tensors[key] !== undefined)) found++;
  }
  return found;
}

/** Keys that nothing reads and no pattern ignores, in the order of the file. */
export function unusedKeys(
  checkpoint: ElaboratedCheckpoint,
  keys: readonly string[],
): readonly string[] {
  const used = new Set(
    checkpoint.reads.flatMap((read) => (read.source === undefined ? [] : keysOf(read.source))),
  );
  return keys.filter(
    (key) => !used.has(key) && !checkpoint.ignore.some((pattern) => matchesKey(pattern, key)),
  );
}

/** Compares shapes after dropping dimensions of size 1, and resamples where a rule allows another size. */
function fitted(
  on: Elaboration,
  request: CheckpointRequest,
  storage: Storage,
  source: KeySource,
  span: Span | undefined,
): ElaboratedRead["resample"] {
  if (source.kind !== "key") return undefined;
  const sizeOf = (axis: Axis): number => on.sizes.valueOf(axis.size) ?? Number.NaN;
  const found = request.tensors[source.key] ?? [];
  const needed = storage.dimensions.map((dimension) => dimensionSize(dimension, sizeOf));
  if (isSameShape(found, needed)) return undefined;
  const rule = ruleFor(on, request, storage);
  const inFile =
    rule === undefined ? undefined : gridInFile(storage.dimensions, rule.over, found, sizeOf);
  if (rule === undefined || inFile === undefined) {
    const params = {
      key: source.key,
      path: storage.path,
      needed: `[${needed.join(", ")}]`,
      found: `[${found.join(", ")}]`,
    };
    on.sink.report("shape-mismatch", span ?? storage.span, params);
    return undefined;
  }
  const graph = resampleStored(on, request.env, storage, rule, inFile);
  return graph === undefined ? undefined : { shape: found, graph };
}

function isSameShape(left: readonly number[], right: readonly number[]): boolean {
  const drop = (shape: readonly number[]): string => shape.filter((size) => size !== 1).join(",");
  return drop(left) === drop(right);
}

function ruleFor(
  on: Elaboration,
  request: CheckpointRequest,
  storage: Storage,
): ResampleRule | undefined {
  for (const mapping of request.block?.mappings ?? []) {
    if (mapping.kind !== "resample") continue;
    const pattern = segmentsOf(mapping.path);
    if (pattern === undefined || matchSubtree(pattern, storage.path) === undefined) continue;
    const over = mapping.over.flatMap((path) => {
      const meaning = resolvePath(on, request.env, path);
      return meaning?.kind === "axes" ? meaning.axes : [];
    });
    return { over, with: mapping.with, span: mapping.span };
  }
  return undefined;
}

function ignored(block: WeightsSyntax | undefined): readonly string[] {
  return (block?.mappings ?? []).flatMap((mapping) =>
    mapping.kind === "ignore" ? mapping.patterns.map((pattern) => pattern.text) : [],
  );
}
