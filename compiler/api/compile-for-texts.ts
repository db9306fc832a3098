import type { InputSpec } from "../artifact.ts";
import { compileCached } from "./compile-cached.ts";
import type { CompileOptions } from "./compile-options.ts";

/**
 * Compiles a mode whose texts come later: an axis of tokens that nobody gave a size has as many places as its reader
 * fills at most. With the one place that other free axes have, each text would be cut to its first token.
 */
export async function compileForTexts(
  ...[options, profile, given]: Parameters<typeof compileCached>
): ReturnType<typeof compileCached> {
  const compiled = await compileCached(options, profile, given);
  const sizes = tokenSizes(compiled.artifact?.inputs ?? [], options.sizes);
  if (Object.keys(sizes).length === 0) return compiled;
  return compileCached({ ...options, sizes: { ...options.sizes, ...sizes } }, profile, given);
}

function tokenSizes(
  inputs: readonly InputSpec[],
  known: CompileOptions["sizes"] = {},
): Readonly<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const { reader, shape } of inputs) {
    const tokens = shape.at(-1);
    const length = reader?.name === "text" ? reader.args.length : undefined;
    if (tokens === undefined || typeof length !== "number") continue;
    if (!Object.hasOwn(known, tokens.name) && tokens.size === 1) sizes[tokens.name] = length;
  }
  return sizes;
}
