import type { Diagnostic } from "../diagnostics/diagnostic.ts";

/** What a `.weft` file, or what was asked of it, has wrong. `diagnostics` has every finding with its place. */
export class CompileError extends Error {
  override readonly name = "CompileError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter((one) => one.severity === "error");
    const [first] = errors;
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
    super(
      first === undefined ? "the file does not compile" : `${first.code}: ${first.message}${more}`,
    );
    this.diagnostics = diagnostics;
  }
}
