import type { InputSpec } from "../compiler/artifact.ts";
import { fault } from "./faults.ts";
import { isCounted } from "./row-lengths.ts";
import { shapeText } from "./tensor.ts";
import { nearestName } from "./weights/nearest-name.ts";

type Named = Pick<InputSpec, "name" | "shape" | "reader">;

/** Refuses names that a step does not have, and asks for those that it needs. */
export function assertInputNames(
  specs: readonly Named[],
  given: Readonly<Record<string, unknown>>,
): void {
  const known = specs.map(({ name }) => name);
  for (const name of Object.keys(given))
    if (!known.includes(name))
      throw fault("input-unknown", { name, known, nearest: nearestName(name, known) });
  for (const { name, shape, reader } of specs)
    if (given[name] === undefined && !isCounted({ reader }))
      throw fault("input-missing", { name, shape: shapeText(shape) });
}
