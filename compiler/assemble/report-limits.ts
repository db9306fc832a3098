import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { DeviceProfile } from "../ir/device-profile.ts";
import type { BuiltProgram } from "../pipeline.ts";
import type { Span } from "../source/source-file.ts";

/**
 * Tensors that the device cannot hold and that could not be cut: by name and source line, before anything
 * is allocated.
 */
export function reportLimits(
  built: BuiltProgram,
  profile: DeviceProfile,
  sink: DiagnosticSink,
): void {
  const { program } = built;
  const bound = new Set(program.dispatches.flatMap(({ tensors }) => tensors));
  const graphs = built.steps.map(({ graph }) => graph);
  const [fallback] = graphs.flatMap(({ inputs, stored }) => [...inputs, ...stored]);
  const spans = spansOf(built);
  const reported = new Set<Span>();
  const binding = Math.min(profile.maxStorageBufferBindingSize, profile.maxBufferSize);
  program.tensors.forEach(({ name, bytes }, tensor) => {
    const limit = bound.has(tensor) ? binding : profile.maxBufferSize;
    const span = spans.get(tensor) ?? fallback?.span;
    // The parts of one tensor are one mistake.
    if (bytes <= limit || span === undefined || reported.has(span)) return;
    if (spans.has(tensor)) reported.add(span);
    const what = bound.has(tensor) ? "one binding" : "one buffer";
    const made = spans.has(tensor) ? "" : placesOf(tensor, built);
    const places = made === "" ? "" : `${made},`;
    sink.report("over-budget", span, {
      what: `\`${name}\`${places}`,
      needed: mebibytes(bytes),
      budget: `${what} of ${profile.name} holds ${mebibytes(limit)} at most`,
    });
  });
}

/** What a program that is over its budget takes at least. */
export interface NeededBytes {
  readonly least: number;
  /** Of it, what does not depend on how much is computed at a time: weights, constants and states. */
  readonly fixed: number;
}

/** All 0 for a program that is not. */
export function neededBytes({ overBudget, program }: BuiltProgram): NeededBytes {
  if (overBudget === undefined) return { least: 0, fixed: 0 };
  const fixed = program.buffers.reduce((sum, { role, bytes }) => {
    return ["parameters", "constants", "states"].includes(role) ? sum + bytes : sum;
  }, 0);
  return { least: overBudget.least, fixed };
}

export interface BudgetAt {
  readonly span: Span;
  /** What would take less. */
  readonly hint: (needed: NeededBytes) => string | undefined;
}

/**
 * A budget that cannot be kept: weights, even if they pass through slots, by the most that one kernel needs; what is
 * between the kernels of a stage, even if all is made again that can be.
 */
export function reportBudget(
  built: BuiltProgram,
  sink: DiagnosticSink,
  at: BudgetAt | undefined,
): void {
  const { overBudget, program } = built;
  if (overBudget === undefined) return;
  const spans = spansOf(built);
  const [first] = built.steps.flatMap(({ graph }) => [...graph.stored, ...graph.inputs]);
  const largest = overBudget.tensors.toSorted(
    (a, b) => (program.tensors[b]?.bytes ?? 0) - (program.tensors[a]?.bytes ?? 0),
  );
  const needed = mebibytes(overBudget.least);
  const budget = `the budget is ${mebibytes(overBudget.budget)}`;
  if (at !== undefined) {
    const what = "the program, with all made again that can be,";
    const notes = largest.slice(0, 5).map((tensor) => {
      const { name = "", bytes = 0 } = program.tensors[tensor] ?? {};
      return `at its fullest it holds ${mebibytes(bytes)} of \`${name}\`${placesOf(tensor, built)}`;
    });
    sink.report(
      "over-budget",
      at.span,
      { what, needed, budget },
      { notes, hint: at.hint(neededBytes(built)) },
    );
    return;
  }
  const span = largest.map((tensor) => spans.get(tensor)).find((one) => one !== undefined);
  const place = span ?? first?.span;
  if (place === undefined) return;
  const names = largest.slice(0, 2).map((tensor) => `\`${program.tensors[tensor]?.name}\``);
  const more = largest.length > names.length ? " and others" : "";
  const part = `the program, of which ${names.join(", ")}${more} are needed at once,`;
  sink.report("over-budget", place, {
    what: names.length === 0 ? "the program" : part,
    needed,
    budget,
  });
}

/** Where inputs and what is stored are declared, and so the tensors that they were cut into. */
function spansOf({ steps, parts }: BuiltProgram): ReadonlyMap<number, Span> {
  const spans = new Map<number, Span>();
  const add = (tensor: number | undefined, span: Span): void => {
    if (tensor === undefined) return;
    spans.set(tensor, span);
    for (const part of parts.get(tensor) ?? []) spans.set(part.tensor, span);
  };
  for (const { graph, interface: tensors } of steps) {
    for (const role of ["stored", "inputs"] as const) {
      graph[role].forEach(({ span }, n) => {
        add(tensors[role][n], span);
      });
    }
  }
  return spans;
}

/** The lines that the kernel serves which makes the tensor. */
function placesOf(tensor: number, { program }: BuiltProgram): string {
  const maker = program.dispatches.find(({ kernel, tensors }) =>
    tensors.some(
      (other, n) =>
        other === tensor && program.kernels[kernel]?.bindings[n]?.access === "read_write",
    ),
  );
  return maker === undefined ? "" : `, made at ${maker.places.join(", ")}`;
}

function mebibytes(bytes: number): string {
  const size = bytes / 1048576;
  return `${size.toFixed(size < 1 ? 3 : 1)} MiB`;
}
