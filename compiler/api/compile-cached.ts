import type { SpanSink } from "../../runtime/execute/span.ts";
import type { Artifact } from "../artifact.ts";
import type { CompileResult } from "../compile.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import { CompileError } from "./compile-error.ts";
import type { CompileOptions } from "./compile-options.ts";
import { compileOptionsIn, Examined } from "./examined.ts";
import { checkpointHeader } from "./load/checkpoint-header.ts";
import { compilerVersion } from "./load/compiler-version.ts";
import { digestOf } from "./load/digest.ts";
import { namedSource } from "./load/named-source.ts";
import type { PlanCache } from "./load/plan-cache.ts";
import { recordLoads } from "./load/recorded-loads.ts";

export interface CacheOptions {
  /** Without one everything is compiled. */
  readonly cache?: PlanCache | undefined;
  /** Told of the whole and of every source that is read. */
  readonly onSpan?: SpanSink | undefined;
  /** Told of each form that the program has on its way, where it is compiled. */
  readonly watch?: ((form: string) => void) | undefined;
  /** Names the compiler; the running one if not given. */
  readonly version?: string | undefined;
  /** What `assertCompilable` gave, so that nothing is elaborated again. */
  readonly examined?: Examined | undefined;
}

/**
 * `compileFile` with a memory. A warm start reads the sources only to compare them, and loads nothing of
 * the compiler itself: that alone would take longer than all the rest.
 */
export async function compileCached(
  options: CompileOptions,
  profile: DeviceProfile,
  { cache, onSpan, watch, examined, version = compilerVersion() }: CacheOptions = {},
): Promise<CompileResult> {
  const startMs = performance.now();
  const finish = (result: CompileResult, isCached: boolean): CompileResult => {
    const details = { cached: isCached };
    onSpan?.({ name: "compile", category: "compile", startMs, endMs: performance.now(), details });
    return result;
  };
  const { loader: open } = namedSource(options.file);
  const sources = () => timedLoader(open(), onSpan);
  const key = {
    options: cache === undefined ? "" : optionsDigest(options, version),
    profile: digestOf(JSON.stringify(sortedEntries(profile))),
  };
  const kept = cache?.find(key, sources());
  if (kept !== undefined) return finish({ artifact: kept, diagnostics: [] }, true);
  const { elaboration, loads } = examined?.take(options) ?? (await elaborated(options, sources()));
  const result = elaboration.compile({ profile, watch });
  // Warnings must be said at every start, and they point into the sources: such files are compiled anew.
  const { artifact, diagnostics } = result;
  if (artifact !== undefined && diagnostics.length === 0) cache?.store(key, loads, artifact);
  return finish(result, false);
}

/**
 * Finds mistakes in the texts and the options before a device is opened, which may take seconds. What was compiled
 * before is right, and is not looked at: the answer is then undefined.
 *
 * @throws {CompileError} with all diagnostics, where there are errors.
 */
export async function assertCompilable(
  options: CompileOptions,
  { cache, onSpan }: Pick<CacheOptions, "cache" | "onSpan">,
): Promise<Examined | undefined> {
  if (cache !== undefined && knownArtifact(options, cache) !== undefined) return undefined;
  const sources = timedLoader(namedSource(options.file).loader(), onSpan);
  const { elaboration, loads } = await elaborated(options, sources);
  const { diagnostics } = elaboration;
  if (diagnostics.some(({ severity }) => severity === "error")) throw new CompileError(diagnostics);
  return new Examined(options, elaboration, loads);
}

/** The front half of the compiler, which is only loaded where it is needed, and what it asked of the loader. */
async function elaborated(options: CompileOptions, sources: SourceLoader) {
  const { elaborateFile } = await import("./compile-file.ts");
  const { loader, loads } = recordLoads(sources);
  return { elaboration: elaborateFile(options, loader), loads };
}

/** What these options were compiled to before: then the model and the mode are there under these names. */
export function knownArtifact(options: CompileOptions, cache: PlanCache): Artifact | undefined {
  return cache.findAny(
    optionsDigest(options, compilerVersion()),
    namedSource(options.file).loader(),
  );
}

/** Everything that a program depends on but its sources and its device. */
function optionsDigest(options: CompileOptions, version: string): string {
  const named = compileOptionsIn(options);
  const { file, sizes, steps, set, weights } = named;
  const parts = {
    ...named,
    file: namedSource(file).entry,
    sizes: sortedEntries(sizes ?? {}),
    steps: steps?.map((step) => [step.name, sortedEntries(step.sizes)]),
    // Settings are applied one after the other.
    set: Object.entries(set ?? {}),
    weights: weights === undefined ? undefined : checkpointHeader(weights),
  };
  return digestOf(JSON.stringify([version, parts]));
}

function sortedEntries(record: object): readonly (readonly [string, unknown])[] {
  return Object.entries(record).toSorted(([left], [right]) => (left < right ? -1 : 1));
}

function timedLoader(loader: SourceLoader, onSpan: SpanSink | undefined): SourceLoader {
  if (onSpan === undefined) return loader;
  return {
    load(specifier, importer) {
      const startMs = performance.now();
      const file = loader.load(specifier, importer);
      const name = `read ${file?.path ?? specifier}`;
      onSpan({ name, category: "load", startMs, endMs: performance.now() });
      return file;
    },
    candidates: (importer) => loader.candidates(importer),
  };
}
