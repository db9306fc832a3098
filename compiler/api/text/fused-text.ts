import type { Dispatch, Program } from "../../artifact.ts";
import { gatherParts } from "./gather-parts.ts";

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
    const parts = gatherParts(dispatches.flatMap(({ part }) => (part === "" ? [] : [part])));
    const ends = distinct(dispatches.map(({ endsBecause }) => endsBecause));
    const serves = distinct(dispatches.flatMap(({ places }) => places));
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
