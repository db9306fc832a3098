import type { Dispatch, Program } from "../../artifact.ts";

/**
 * Every kernel of a program once: how often it runs, which operations it holds, which source lines and
 * parts it serves, and why nothing more is in it. Parts of a list that differ by number share a line.
 */
export function fusedText(program: Program): string {
  const uses = new Map<number, Dispatch[]>();
  for (const dispatch of program.dispatches) {
    const own = uses.get(dispatch.kernel) ?? [];
    uses.set(dispatch.kernel, [...own, dispatch]);
  }
  const kernels = [...uses].map(([number, dispatches]) => {
    const { name = "", schedule = "" } = program.kernels[number] ?? {};
    const times = dispatches.length === 1 ? "once" : `${dispatches.length} times`;
    const holds = distinct(dispatches.map((dispatch) => dispatch.holds.join(", ")));
    const parts = gathered(dispatches.flatMap(({ label }) => label.split(" of ")[1] ?? []));
    const ends = gathered(dispatches.map(({ endsBecause }) => endsBecause));
    const serves = gathered(dispatches.flatMap(({ places }) => places));
    return [
      `${name} (${schedule}), ${times}`,
      ...labelled("parts", parts),
      ...labelled("holds", holds),
      ...labelled("serves", serves),
      ...labelled("ends because", ends),
      "",
    ].join("\n");
  });
  const { dispatches } = program;
  const count = `${kernels.length} kernels in ${dispatches.length} dispatches`;
  return `${[count, "", ...kernels, ...constantLines(program)].join("\n").trimEnd()}\n`;
}

/** What no kernel computes, because it depends on positions alone. */
function constantLines({ constants }: Program): readonly string[] {
  if (constants.length === 0) return [];
  const lines = constants.map(({ name, initAxes }) => {
    return `  ${name}[${initAxes.map(({ extent }) => extent).join(", ")}]`;
  });
  return ["tables, computed before the first run", ...lines];
}

function labelled(label: string, lines: readonly string[]): readonly string[] {
  return lines.map((line, n) => `  ${(n === 0 ? label : "").padEnd(12)} ${line}`);
}

function distinct(lines: readonly string[]): readonly string[] {
  return [...new Set(lines)];
}

/** Lines that differ in the numbers of list elements become one, such as `layers[0..2].norm`. */
function gathered(lines: readonly string[]): readonly string[] {
  const groups = new Map<string, number[][]>();
  for (const line of distinct(lines)) {
    const numbers: number[] = [];
    const pattern = line.replace(elementNumber, (_, digits: string) => {
      numbers.push(Number(digits));
      return "[]";
    });
    groups.set(pattern, [...(groups.get(pattern) ?? []), numbers]);
  }
  return [...groups].map(([pattern, found]) => {
    let place = 0;
    return pattern.replaceAll("[]", () => {
      const numbers = found.map((list) => list[place] ?? 0);
      place++;
      return `[${ranges(numbers)}]`;
    });
  });
}

const elementNumber = /\.(\d+)(?=[.\s,]|$)/g;

/** `0..3, 5`: the end of a range is not in it, as in Weft. */
function ranges(numbers: readonly number[]): string {
  const runs: { first: number; end: number }[] = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last?.end === number) last.end++;
    else runs.push({ first: number, end: number + 1 });
  }
  return runs
    .map(({ first, end }) => (end === first + 1 ? `${first}` : `${first}..${end}`))
    .join(", ");
}
