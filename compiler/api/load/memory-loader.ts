import type { SourceFile } from "../../source/source-file.ts";
import type { SourceLoader } from "../../source/source-loader.ts";
import { diskLoader } from "./disk-loader.ts";
import { packageRoot } from "./package-root.ts";

const ending = ".weft";

/**
 * A text that is on no disk. It may import the standard library, and what `imports` holds, by the specifier that is
 * written there, with or without the ending.
 */
export function memoryLoader(
  path: string,
  text: string,
  imports: Readonly<Record<string, string>> = {},
): SourceLoader {
  const standard = diskLoader(packageRoot());
  const entry: SourceFile = { path, text };
  const texts = new Map(
    Object.entries(imports).map(([specifier, own]): [string, SourceFile] => {
      const name = bare(specifier);
      return [name, { path: name.replace(/^\.\//, "") + ending, text: own }];
    }),
  );
  return {
    load(specifier, importer) {
      if (specifier === path) return entry;
      if (specifier.startsWith("std/")) return standard.load(specifier, importer ?? entry);
      return texts.get(bare(specifier));
    },
    candidates: (importer) => [
      ...standard.candidates(importer).filter((name) => name.startsWith("std/")),
      ...texts.keys(),
    ],
  };
}

function bare(specifier: string): string {
  return specifier.endsWith(ending) ? specifier.slice(0, -ending.length) : specifier;
}
