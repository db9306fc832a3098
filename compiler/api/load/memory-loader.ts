import type { SourceLoader } from "../../source/source-loader.ts";
import { diskLoader } from "./disk-loader.ts";

/** One text that is on no disk, which may import the standard library. */
export function memoryLoader(path: string, text: string): SourceLoader {
  const disk = diskLoader("/");
  const file = { path, text };
  return {
    load: (specifier, importer) => (specifier === path ? file : disk.load(specifier, importer)),
    candidates: (importer) => disk.candidates(importer).filter((name) => name.startsWith("std/")),
  };
}
