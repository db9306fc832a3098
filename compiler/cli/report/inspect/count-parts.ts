import { exitCode, Failure } from "../../../api/failure.ts";
import type { StoredParameter } from "../../../assemble/whole-model.ts";

/** Elements of the members of a model: `{ vision_model: ..., qllama: ..., query_tokens: ... }`. */
export function countMembers(parameters: readonly StoredParameter[]): Record<string, number> {
  const members: Record<string, number> = {};
  for (const { path, elements } of parameters) {
    const name = path.split(".")[0] ?? path;
    members[name] = (members[name] ?? 0) + elements;
  }
  return members;
}

export function countAll(parameters: readonly StoredParameter[]): number {
  return parameters.reduce((sum, { elements }) => sum + elements, 0);
}

/**
 * Elements of everything that a list of selectors names, each tensor once:
 * `query_tokens, qllama.model.layers[*].cross_attn`.
 */
export function countSelected(parameters: readonly StoredParameter[], selectors: string): number {
  const chosen = new Set<StoredParameter>();
  for (const selector of selectors.split(",")) {
    const pattern = patternOf(selector.trim());
    const found = parameters.filter(({ path }) => pattern.test(path));
    if (found.length === 0) {
      const message = `\`${selector.trim()}\` names nothing that is stored`;
      const members = Object.keys(countMembers(parameters)).join(", ");
      throw new Failure(exitCode.input, "idle-selector", message, `there is ${members}`);
    }
    for (const one of found) chosen.add(one);
  }
  return countAll([...chosen]);
}

/** A path names its whole subtree; `[*]` is every index and `.*` any one name. */
function patternOf(selector: string): RegExp {
  const words = selector
    .replaceAll(/\[(\*|\d+)\]/g, ".$1")
    .split(".")
    .map((word) => (word === "*" ? "[^.]+" : word.replaceAll(/[^A-Za-z0-9_]/g, "\\$&")));
  return new RegExp(`^${words.join("\\.")}(\\.|$)`);
}
