import type { Kernel } from "../../ir/kernel/kernel.ts";

/** Source places of kernels that became one, each once. */
export function uniquePlaces(places: Kernel["places"]): Kernel["places"] {
  const unique = new Map(
    places.map((place) => [`${place.path}|${place.file}|${place.line}`, place]),
  );
  return [...unique.values()];
}
