/** One thing that can be said of a model, a stage or a run. */
export interface Fact {
  /** Of the part that it is about, `encoder.layers.3`; empty for the whole. */
  readonly path: string;
  readonly kind: "part" | "axis" | "setting" | "parameters" | "macs" | "kernels" | "stage" | "run";
  /** The name of the axis or setting, or what is counted. */
  readonly name: string;
  readonly value: string;
}

/** What two sides say differently; undefined where one of them says nothing. */
export interface FactDifference extends Omit<Fact, "value"> {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Facts that differ, in the order of the first side, then those that only the second one has. */
export function compareFacts(
  before: readonly Fact[],
  after: readonly Fact[],
): readonly FactDifference[] {
  const keyOf = ({ path, kind, name }: Fact): string => JSON.stringify([path, kind, name]);
  const old = new Map(before.map((fact) => [keyOf(fact), fact]));
  const now = new Map(after.map((fact) => [keyOf(fact), fact]));
  const differing = [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const [was, is] = [old.get(key), now.get(key)];
    const one = was ?? is;
    if (one === undefined || was?.value === is?.value) return [];
    const { path, kind, name } = one;
    return [{ path, kind, name, before: was?.value, after: is?.value }];
  });
  return joinElements(withoutInner(differing));
}

/** Where a part is there on one side only, that it is says all. */
function withoutInner(differences: readonly FactDifference[]): readonly FactDifference[] {
  const alone = new Set(
    differences
      .filter(({ kind, before, after }) => kind === "part" && (before ?? after) !== undefined)
      .filter(({ before, after }) => before === undefined || after === undefined)
      .map(({ path }) => path),
  );
  const isInside = (path: string): boolean => {
    const end = path.lastIndexOf(".");
    if (end < 0) return false;
    const outer = path.slice(0, end);
    return alone.has(outer) || isInside(outer);
  };
  return differences.filter(
    ({ path, kind }) => !isInside(path) && !(kind !== "part" && alone.has(path)),
  );
}

/** Elements of a list that differ in the same way are one: `layers.0` to `layers.47` as `layers[0..48]`. */
function joinElements(differences: readonly FactDifference[]): readonly FactDifference[] {
  const groups = new Map<string, { readonly one: FactDifference; readonly indices: number[] }>();
  for (const one of differences) {
    const index = /^(.*?)\.(\d+)(?=\.|$)/.exec(one.path);
    const pattern = index === null ? one.path : one.path.replace(/\.(\d+)(?=\.|$)/, ".#");
    const key = JSON.stringify([pattern, one.kind, one.name, one.before, one.after]);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { one, indices: index ? [Number(index[2])] : [] });
    else if (index !== null) known.indices.push(Number(index[2]));
  }
  return [...groups.values()].flatMap(({ one, indices }) => {
    if (indices.length === 0) return [one];
    return rangesOf(indices).map((range) => ({
      ...one,
      path: one.path.replace(/\.(\d+)(?=\.|$)/, range),
    }));
  });
}

function rangesOf(indices: readonly number[]): readonly string[] {
  const sorted = indices.toSorted((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const index of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === index) last[1] = index + 1;
    else ranges.push([index, index + 1]);
  }
  return ranges.map(([from, to]) => (to === from + 1 ? `[${from}]` : `[${from}..${to}]`));
}
