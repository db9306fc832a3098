import { exitCode, Failure } from "../../failure.ts";

/** Who starts the workers of a study. */
export type Launcher =
  | { readonly kind: "local" }
  | { readonly kind: "slurm" }
  /** A program with its arguments, in which `{dir}` and `{index}` stand for the study and the number of the worker. */
  | { readonly kind: "command"; readonly words: readonly string[] };

/**
 * `local`, `slurm`, or `command PROGRAM ARGUMENT ...`. No shell reads it: words are parted by blanks, and quotes keep blanks in
 * a word.
 *
 * @throws {Failure} for anything else.
 */
export function parseLauncher(text: string): Launcher {
  if (text === "local" || text === "slurm") return { kind: text };
  const [, rest = ""] = /^command\s+(.*)$/s.exec(text) ?? [];
  const words = wordsOf(rest.trim());
  // The whole command may stand in quotes, as it does in a script that passes it on.
  const own = words.length === 1 && words[0]?.includes(" ") ? wordsOf(words[0]) : words;
  if (own.length > 0) return { kind: "command", words: own };
  throw new Failure(
    exitCode.usage,
    "bad-option",
    `\`--launcher\` was given as \`${text}\``,
    "it takes `local`, `slurm`, or `command PROGRAM ARGUMENT ...` with {dir} and {index} in it",
  );
}

function wordsOf(text: string): readonly string[] {
  const found = text.matchAll(/(?:"([^"]*)"|'([^']*)'|([^\s"']+))+/g);
  return [...found].map(([whole]) => whole.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
}
