import type { SourceFile } from "./source-file.ts";

/**
 * Where texts come from. The compiler knows no disk: the command line reads files, a browser
 * supplies strings. Paths use `/`; `std/...` names the standard library.
 */
export interface SourceLoader {
  /** The file that `specifier` names when written in `importer`; undefined where there is none. */
  readonly load: (specifier: string, importer: SourceFile | undefined) => SourceFile | undefined;
  /** Specifiers that could have been meant, for "did you mean" hints. */
  readonly candidates: (importer: SourceFile | undefined) => readonly string[];
}
