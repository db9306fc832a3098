import { exitCode, Failure } from "../../api/failure.ts";
import { fusedText } from "../../api/text/fused-text.ts";
import type { Artifact } from "../../artifact.ts";
import { listOf } from "../../diagnostics/phrase.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import { graphPasses, kernelPasses } from "../../pipeline.ts";
import { jsonText } from "./write-json.ts";

/** A program on its way: the artifact at the end, and the text of every form that the compiler told of. */
export interface Emission {
  readonly artifact: Artifact;
  readonly steps: ReadonlyMap<string, string>;
  /** The form that this pass changes is printed as it stands after it. */
  readonly after: string | undefined;
}

/** The passes over a form, by the name of the form, in the order in which they run. */
const passesOf: Readonly<Record<string, readonly string[]>> = {
  graph: [
    ...graphPasses.before.map(({ name }) => name),
    // Of stages only.
    "differentiate",
    ...graphPasses.after.map(({ name }) => name),
  ],
  kernels: ["fuse", ...[...kernelPasses.step, ...kernelPasses.program].map(({ name }) => name)],
};

/** Forms of a program that `--emit` prints: one entry each. */
const printers: Readonly<Record<string, (emission: Emission) => string>> = {
  graph: (emission) => textAfter("graph", emission),
  optimized: ({ steps }) => steps.get("optimized") ?? "",
  kernels: (emission) => textAfter("kernels", emission),
  fused: ({ artifact }) => fusedText(artifact.program),
  dispatches: printDispatches,
  plan: printPlan,
  wgsl: printWgsl,
  artifact: ({ artifact }) => `${jsonText(artifact, 2)}\n`,
};

function textAfter(form: string, { steps, after }: Emission): string {
  const isOwn = after !== undefined && passesOf[form]?.includes(after) === true;
  return steps.get(isOwn ? after : form) ?? "";
}

export function parseStages(text: string): readonly string[] {
  return text.split(",").map((name) => assertKnown("--emit", name, Object.keys(printers)));
}

/** The name of a pass over one of the forms that are printed. */
export function parsePass(name: string, stages: readonly string[]): string {
  const forms = stages.filter((stage) => passesOf[stage] !== undefined);
  if (forms.length === 0) {
    const hint = `it belongs to ${listOf(Object.keys(passesOf).map((form) => `\`--emit ${form}\``))}`;
    throw new Failure(exitCode.usage, "bad-option", "`--after` has nothing to print", hint);
  }
  return assertKnown(
    "--after",
    name,
    forms.flatMap((form) => passesOf[form] ?? []),
  );
}

function assertKnown(option: string, name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  const [nearest] = nearestNames(name, known);
  const hint = nearest === undefined ? `there is ${listOf(known)}` : `did you mean \`${nearest}\`?`;
  throw new Failure(exitCode.usage, "bad-option", `\`${option}\` knows no \`${name}\``, hint);
}

export function emitStages(emission: Emission, stages: readonly string[]): string {
  return stages.map((name) => `${(printers[name]?.(emission) ?? "").trimEnd()}\n`).join("\n");
}

function printDispatches({ artifact: { program } }: Emission): string {
  const lines = program.dispatches.map(({ label, kernel, workgroups, tensors }) => {
    const { name, schedule } = program.kernels[kernel] ?? { name: "", schedule: "" };
    const bound = tensors.map((tensor) => program.tensors[tensor]?.name ?? `${tensor}`);
    return `${label}: ${name} [${schedule}] ${workgroups.join("x")} (${bound.join(", ")})\n`;
  });
  return lines.join("");
}

/** Every buffer with the tensors in it, by place. */
function printPlan({ artifact: { program } }: Emission): string {
  const buffers = program.buffers.map((buffer, number) => {
    const inside = program.tensors.filter((tensor) => tensor.buffer === number);
    const lines = inside
      .toSorted((left, right) => left.offset - right.offset || (left.name < right.name ? -1 : 1))
      .map((tensor) => {
        const shape = `${tensor.storage}[${tensor.shape.join(", ")}]`;
        return `  ${tensor.offset} +${tensor.bytes}  ${tensor.name}: ${shape} ${tensor.packing.kind}\n`;
      });
    return `${buffer.name} (${buffer.role}), ${buffer.bytes} bytes\n${lines.join("")}`;
  });
  return buffers.join("");
}

function printWgsl({ artifact: { program } }: Emission): string {
  return program.kernels
    .map((kernel) => `// ${kernel.name} [${kernel.schedule}]\n${kernel.wgsl}`)
    .join("\n");
}
