/** Each path by its shortest tail that no other has: `glue.cross_every` is `cross_every`. */
export function shortPaths(paths: readonly string[]): ReadonlyMap<string, string> {
  return new Map(paths.map((path) => [path, shortest(path, paths)]));
}

function shortest(path: string, paths: readonly string[]): string {
  const steps = path.split(".");
  for (let from = steps.length - 1; from > 0; from -= 1) {
    const tail = steps.slice(from).join(".");
    const isOf = (other: string): boolean => other === tail || other.endsWith(`.${tail}`);
    if (paths.filter(isOf).length === 1) return tail;
  }
  return path;
}
