import type { SourceFile } from "../../source/source-file.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import { digestOf } from "./digest.ts";

/** One question to a loader and what it answered. */
export interface RecordedLoad {
  readonly specifier: string;
  /** Number of the load that gave the importing file; -1 for an entry. */
  readonly importer: number;
  /** `undefined` where there was no such file. */
  readonly found: { readonly path: string; readonly digest: string } | undefined;
}

/** A loader that writes down what it was asked, and the list that grows with it. */
export function recordLoads(loader: SourceLoader): {
  readonly loader: SourceLoader;
  readonly loads: readonly RecordedLoad[];
} {
  const loads: RecordedLoad[] = [];
  const numbers = new Map<SourceFile, number>();
  return {
    loads,
    loader: {
      load(specifier, importer) {
        const file = loader.load(specifier, importer);
        const from = importer === undefined ? -1 : (numbers.get(importer) ?? -1);
        if (file !== undefined && !numbers.has(file)) numbers.set(file, loads.length);
        loads.push({ specifier, importer: from, found: file && identityOf(file) });
        return file;
      },
      candidates: (importer) => loader.candidates(importer),
    },
  };
}

/** Whether a loader still answers every question the same: shown paths and texts. */
export function isUnchanged(loads: readonly RecordedLoad[], loader: SourceLoader): boolean {
  const files: (SourceFile | undefined)[] = [];
  return loads.every(({ specifier, importer, found }, number) => {
    const file = loader.load(specifier, importer < 0 ? undefined : files[importer]);
    files[number] = file;
    if (file === undefined || found === undefined) return file === found;
    const now = identityOf(file);
    return now.path === found.path && now.digest === found.digest;
  });
}

function identityOf({ path, text }: SourceFile): { path: string; digest: string } {
  return { path, digest: digestOf(text) };
}
