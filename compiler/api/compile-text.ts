import type { Artifact } from "../artifact.ts";
import { type CompileRequest, compile } from "../compile.ts";
import { InternalError } from "../diagnostics/internal-error.ts";
import { memoryLoader } from "./load/memory-loader.ts";

/** Compiles a text of our own: a diagnostic in it is our mistake. */
export function compileText(
  text: string,
  options: Omit<CompileRequest, "entry" | "loader">,
): Artifact {
  const entry = "built-in.weft";
  const loader = memoryLoader(entry, text);
  const { artifact, diagnostics } = compile({ ...options, entry, loader });
  if (artifact !== undefined) return artifact;
  const [first] = diagnostics;
  throw new InternalError(`a built-in model does not compile: ${first?.code}: ${first?.message}`);
}
