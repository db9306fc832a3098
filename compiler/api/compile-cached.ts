import type { SpanSink } from "../../runtime/execute/span.ts";
import type { Artifact } from "../artifact.ts";
import type { CompileResult } from "../compile.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import { programOptionsIn } from "../program-options.ts";
import type { SourceLoader } from "../source/source-loader.ts";
import { CompileError } from "./compile-error.ts";
import type { CompileOptions } from "./compile-options.ts";
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
}

/**
 * `compileFile` with a memory. A warm start reads the sources only to compare them, and loads nothing of
 * the compiler itself: that alone would take longer than all the rest.
 */
export async function compileCached(
  options: CompileOptions,
  profile: DeviceProfile,
  { cache, onSpan, watch, version = compilerVersion() }: CacheOptions = {},
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
  const { compileFile } = await import("./compile-file.ts");
  const { loader, loads } = recordLoads(sources());
  const result = compileFile(options, profile, watch, loader);
  // Warnings must be said at every start, and they point into the sources: such files are compiled anew.
  const { artifact, diagnostics } = result;
  if (artifact !== undefined && diagnostics.length === 0) cache?.store(key, loads, artifact);
  return finish(result, false);
}

/**
 * Finds mistakes in the texts and the options before a device is opened, which may take seconds. What was compiled
 * before is right.
 *
 * @throws {CompileError} with all diagnostics, where there are errors.
 */
export async function assertCompilable(
  options: CompileOptions,
  cache: PlanCache | undefined,
): Promise<void> {
  if (cache !== undefined && knownArtifact(options, cache) !== undefined) return;
  const { examineFile } = await import("./compile-file.ts");
  const diagnostics = examineFile(options);
  if (diagnostics.some(({ severity }) => severity === "error")) throw new CompileError(diagnostics);
}

/** What these options were compiled to before: then the model and the mode are there under these names. */
export function knownArtifact(options: CompileOptions, cache: PlanCache): Artifact | undefined {
  return cache.findAny(
    optionsDigest(options, compilerVersion()),
    namedSource(options.file).loader(),
  );
}

/** Everything that a program depends on but its sources and its device. Leaving out an option is a type error. */
function optionsDigest(options: CompileOptions, version: string): string {
  const { file, model, mode, cell, sizes, set, weights } = options;
  const program = programOptionsIn(options);
  const parts = {
    ...program,
    file: namedSource(file).entry,
    model,
    mode,
    cell,
    sizes: sortedEntries(sizes ?? {}),
    steps: program.steps?.map((step) => [step.name, sortedEntries(step.sizes)]),
    // Settings are applied one after the other.
    set: Object.entries(set ?? {}),
    weights: weights === undefined ? undefined : checkpointHeader(weights),
  } satisfies Record<keyof CompileOptions, unknown>;
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
