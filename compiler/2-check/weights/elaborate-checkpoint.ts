import { nearestNames } from "../../diagnostics/suggest.ts";
import type { WeightsSyntax } from "../../ir/entry-syntax.ts";
import type { Graph } from "../../ir/graph.ts";
import type { Span } from "../../source/source-file.ts";
import type { Elaboration } from "../elaboration.ts";
import type { Env, Storage } from "../meaning.ts";
import { fitShape } from "./fit-shape.ts";
import { matchesKey } from "./key-pattern.ts";
import { type KeySource, keysOf, mapKey, prefixOf } from "./map-keys.ts";

export interface ReadRequest {
  /** Undefined where no `weights` block fits: paths are keys. */
  readonly block: WeightsSyntax | undefined;
  /** Names of the block's file, with the model's own before them. */
  readonly env: Env;
  /** What the mode reaches. */
  readonly stored: readonly Storage[];
  /** Everything that the model stores: another mode may want a tensor that this one leaves. */
  readonly all: readonly string[];
  /** Shapes by key. */
  readonly tensors: Readonly<Record<string, readonly number[]>>;
}

/** How the parameters of a mode are read from a checkpoint; `CheckpointSpec` of the artifact before scheduling. */
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

/** What is read for every parameter. Missing and unused keys and shapes that do not fit are reported. */
export function elaborateCheckpoint(on: Elaboration, request: ReadRequest): ElaboratedCheckpoint {
  const { block, tensors } = request;
  const owners = new Map<string, { readonly path: string; readonly span: Span }>();
  const reads = request.stored.map((storage): ElaboratedRead => {
    const { source, span = storage.span, tied } = mapKey(block, storage.path);
    const parameter = storage.path;
    if (source === undefined) return { parameter, source, resample: undefined };
    for (const key of keysOf(source)) {
      if (!Object.hasOwn(tensors, key)) {
        const nearest = nearestNames(key, Object.keys(tensors));
        on.sink.report("key-missing", span, { key, path: parameter, nearest });
        return { parameter, source, resample: undefined };
      }
      const first = owners.get(key);
      if (first !== undefined && !tied && source.kind !== "part") {
        const params = { key, first: first.path, second: parameter };
        const related = [{ span: first.span, text: "used here first" }];
        on.sink.report("key-used-twice", span, params, { related });
      }
      owners.set(key, { path: parameter, span });
    }
    return { parameter, source, resample: fitShape(on, request, storage, source, span) };
  });
  const ignore = ignoredBy(block);
  if (block !== undefined) reportUnused(on, block, request, ignore);
  return { layout: block?.name.text ?? "", prefix: prefixOf(block), ignore, reads };
}

/**
 * A block says of every tensor behind its prefix what becomes of it. What is in front of the prefix
 * belongs to other parts of a larger model.
 */
function reportUnused(
  on: Elaboration,
  block: WeightsSyntax,
  { all, tensors }: ReadRequest,
  ignore: readonly string[],
): void {
  const used = new Set(
    all.flatMap((path) => {
      const { source } = mapKey(block, path);
      return source === undefined ? [] : keysOf(source);
    }),
  );
  const prefix = prefixOf(block);
  const unused = Object.keys(tensors).filter(
    (key) =>
      key.startsWith(prefix) &&
      !used.has(key) &&
      !ignore.some((pattern) => matchesKey(pattern, key)),
  );
  const [key] = unused;
  if (key === undefined) return;
  on.sink.report("key-unused", block.name.span, { key, more: unused.length - 1 });
}

function ignoredBy(block: WeightsSyntax | undefined): readonly string[] {
  return (block?.mappings ?? []).flatMap((mapping) =>
    mapping.kind === "ignore" ? mapping.patterns.map((pattern) => pattern.text) : [],
  );
}
