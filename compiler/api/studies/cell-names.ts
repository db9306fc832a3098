import type { CheckedExperiment, Choice } from "../../2-check/experiments/checked-experiment.ts";

/**
 * What people call a cell: its case, then `path=value` of each dimension, each path by the shortest of its ends that no
 * other dimension has. An experiment of one cell has its own name.
 */
export function cellName({ grid, syntax }: CheckedExperiment, { name, values }: Choice): string {
  const paths = grid.dimensions
    .filter(({ names }) => !names.includes("case"))
    .flatMap(({ names }) => names);
  const own = paths.map((path) => `${shortest(path, paths)}=${values.get(path) ?? "default"}`);
  const all = name === undefined ? own : [name, ...own];
  return all.length === 0 ? syntax.name.text : all.join(", ");
}

/** Value of each dimension as tables write it. */
export function cellValues(
  { grid }: CheckedExperiment,
  { name, values }: Choice,
): Readonly<Record<string, string>> {
  const names = grid.dimensions.flatMap((dimension) => dimension.names);
  const given = new Map([...values, ...(name === undefined ? [] : [["case", name] as const])]);
  return Object.fromEntries(names.map((path) => [path, given.get(path) ?? "default"]));
}

function shortest(path: string, paths: readonly string[]): string {
  const steps = stepsOf(path);
  for (let length = 1; length < steps.length; length++) {
    const tail = steps.slice(-length).join(".");
    const isShared = paths.some((other) => other !== path && endsWith(other, tail));
    if (!isShared && !/^(\d|\*|\[)/.test(tail)) return tail;
  }
  return path;
}

function endsWith(path: string, tail: string): boolean {
  return `.${stepsOf(path).join(".")}`.endsWith(`.${tail}`);
}

/** `layers[3].mlp` as `layers`, `3`, `mlp`. */
function stepsOf(path: string): readonly string[] {
  return path.replaceAll(/\[([^\]]*)\]/g, ".$1").split(".");
}
