import type { Artifact } from "../../artifact.ts";
import type { Assignment } from "../assignment.ts";

/** The inputs that were given, and the texts that the mode takes where none was: `from text(default: "..")`. */
export function withDefaultTexts(
  artifact: Artifact,
  inputs: readonly Assignment[],
): readonly Assignment[] {
  const missing = artifact.inputs.flatMap(({ name, reader }) => {
    const text = reader?.name === "text" ? reader.args.default : undefined;
    const isGiven = inputs.some((input) => input.name === name);
    return typeof text === "string" && !isGiven ? [{ name, value: text }] : [];
  });
  return [...inputs, ...missing];
}
