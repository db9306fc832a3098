import type { StartFile } from "./checked-stage.ts";

/** Files that a stage starts from, as `--weights` takes them. */
export function startWeights(starts: readonly StartFile[]): readonly string[] {
  return starts.map(({ path, part }) => (part === "" ? path : `${part}=${path}`));
}
