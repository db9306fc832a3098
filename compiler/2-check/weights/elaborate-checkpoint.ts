import type { WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { Span } from "../../source/source-file.ts";
import type { Checker } from "../core/checker.ts";
import type { Reporting } from "../core/contexts.ts";
import type { Storage } from "../core/entity.ts";
import type { ElaboratedRead, ReadRequest } from "./checkpoint-read.ts";
import { fitShape } from "./fit-shape.ts";
import { keysOf, mapKey, prefixOf } from "./map-keys.ts";
import { nearestKeys } from "./nearest-keys.ts";
import { type UnreadTensor, unreadTensors } from "./unread-tensors.ts";

/** How the parameters of a mode are read from a checkpoint; `CheckpointSpec` of the artifact before scheduling. */
export interface ElaboratedCheckpoint {
  readonly layout: string;
  readonly prefix: string;
  readonly ignore: readonly string[];
  readonly reads: readonly ElaboratedRead[];
  /** Tensors of the file that the mode does not read, and why. */
  readonly unread: readonly UnreadTensor[];
}

/** What is read for every parameter. Missing and unused keys and shapes that do not fit are reported. */
export function elaborateCheckpoint(checker: Checker, request: ReadRequest): ElaboratedCheckpoint {
  const { block, tensors, all } = request;
  const prefix = prefixOf(block);
  const ignore = ignoredBy(block);
  const mapped = withoutBegun(checker, request);
  const readKeys = new Set(mapped.flatMap(({ source }) => (source ? keysOf(source) : [])));
  const unread = unreadTensors({ block, all, tensors, prefix, ignore, readKeys });
  const nearest = nearestKeys(tensors, unread);
  const wrapper = firstSegmentOfAll(Object.keys(tensors));
  const told = { isWrapped: false };
  const owners = new Map<string, { readonly path: string; readonly span: Span }>();
  const reads = mapped.map(({ storage, source, span = storage.span, tied }): ElaboratedRead => {
    const parameter = storage.path;
    const read = { parameter, source, resample: undefined, problem: undefined };
    if (source === undefined) return read;
    for (const key of keysOf(source)) {
      if (!Object.hasOwn(tensors, key)) {
        const wrapped = `${wrapper}${key}`;
        const isWrapped = wrapper !== undefined && Object.hasOwn(tensors, wrapped);
        const problem = {
          kind: "missing",
          key,
          nearest: isWrapped ? [wrapped] : nearest(key),
        } as const;
        // One hint mends all keys that a wrapper has renamed, so one of them is enough.
        if (!isWrapped) checker.sink.report("key-missing", span, { ...problem, path: parameter });
        else if (!told.isWrapped) {
          const hint = `every key of the file begins with \`${wrapper}\`: \`prefix "${wrapper}${prefix}"\` in a \`weights\` block of the model`;
          checker.sink.report("key-missing", span, { ...problem, path: parameter }, { hint });
          told.isWrapped = true;
        }
        return { ...read, problem };
      }
      const first = owners.get(key);
      if (first !== undefined && !tied && source.kind !== "part") {
        const params = { key, first: first.path, second: parameter };
        const related = [{ span: first.span, text: "used here first" }];
        checker.sink.report("key-used-twice", span, params, { related });
      }
      owners.set(key, { path: parameter, span });
    }
    const before = checker.sink.errorCount;
    const resample = fitShape(checker, request, storage, source, span);
    if (checker.sink.errorCount === before) return { ...read, resample };
    return { ...read, problem: { kind: "misshapen" } };
  });
  if (block !== undefined) reportUnused(checker, block, unread, reads);
  return { layout: block?.name.text ?? "", prefix, ignore, reads, unread };
}

/**
 * What each parameter is read from. A run saves under its path what it began anew, whatever a block says of other keys. What a
 * stage trains and the file has nothing of is initialised, and listed; a file that has nothing of the model at all, reached or not, is
 * another model's.
 */
function withoutBegun(
  context: Reporting,
  { block, tensors, stored, all, begun }: ReadRequest,
): readonly MappedStorage[] {
  const written = stored.map((storage) => ({ storage, ...mapKey(block, storage.path) }));
  const isIn = (key: string): boolean => Object.hasOwn(tensors, key);
  const isFound = ({ source }: Pick<MappedStorage, "source">): boolean =>
    source !== undefined && keysOf(source).some(isIn);
  // What is reached may be new as a whole, beside parts that the file has.
  const isOfModel = written.some(isFound) || all.some((path) => isFound(mapKey(block, path)));
  if (!isOfModel) return written;
  const mapped = written.map((one): MappedStorage => {
    const { path } = one.storage;
    if (one.source === undefined || isFound(one) || !isIn(path)) return one;
    return { ...one, source: { kind: "key", key: path } };
  });
  if (begun === undefined) return mapped;
  const absent = mapped.filter(
    (one) => one.source !== undefined && !isFound(one) && begun.storages.has(one.storage),
  );
  const [first] = absent;
  if (first === undefined) return mapped;
  const params = { path: first.storage.path, more: absent.length - 1 };
  context.sink.report("begun-anew", begun.span, params);
  return mapped.map((one) => (absent.includes(one) ? { ...one, source: undefined } : one));
}

type MappedStorage = { readonly storage: Storage } & ReturnType<typeof mapKey>;

/** `module.` where a wrapper has put it before every key. */
function firstSegmentOfAll(keys: readonly string[]): string | undefined {
  const [segment] = /^[^.]+\./.exec(keys[0] ?? "") ?? [];
  return segment !== undefined && keys.every((key) => key.startsWith(segment))
    ? segment
    : undefined;
}

/**
 * A block says of every tensor behind its prefix what becomes of it. A key that may be meant for a
 * parameter that has none was reported there.
 */
function reportUnused(
  context: Reporting,
  block: WeightsSyntax,
  unread: readonly UnreadTensor[],
  reads: readonly ElaboratedRead[],
): void {
  const reported = new Set(
    reads.flatMap(({ problem }) =>
      problem?.kind === "missing" ? problem.nearest.slice(0, 1) : [],
    ),
  );
  const unused = unread.filter(
    ({ key, because }) => because === "unexpected" && !reported.has(key),
  );
  const [first] = unused;
  if (first === undefined) return;
  context.sink.report("key-unused", block.name.span, { key: first.key, more: unused.length - 1 });
}

function ignoredBy(block: WeightsSyntax | undefined): readonly string[] {
  return (block?.mappings ?? []).flatMap((mapping) =>
    mapping.kind === "ignore" ? mapping.patterns.map((pattern) => pattern.text) : [],
  );
}
