import { exitCode, Failure } from "../../api/failure.ts";
import { fusedText } from "../../api/text/fused-text.ts";
import type { Artifact } from "../../artifact.ts";
import { listOf } from "../../diagnostics/phrase.ts";
import { nearestNames } from "../../diagnostics/suggest.ts";
import { passes } from "../../pipeline.ts";

/** A program on its way: the artifact at the end, and the text of every form that the compiler told of. */
export interface Emission {
  readonly artifact: Artifact;
  readonly steps: ReadonlyMap<string, string>;
  /** `graph` is printed as it stands after this pass; without one as the checker made it. */
  readonly after: string | undefined;
}

/** Forms of a program that `--emit` prints: one entry each. */
const printers: Readonly<Record<string, (emission: Emission) => string>> = {
  graph: ({ steps, after }) => steps.get(after ?? "graph") ?? "",
  optimized: ({ steps }) => steps.get("optimized") ?? "",
  kernels: ({ steps }) => steps.get("kernels") ?? "",
  fused: ({ artifact }) => fusedText(artifact.program),
  dispatches: printDispatches,
  plan: printPlan,
  wgsl: printWgsl,
  artifact: ({ artifact }) => `${JSON.stringify(artifact, null, 2)}\n`,
};

export function parseStages(text: string): readonly string[] {
  return text.split(",").map((name) => assertKnown("--emit", name, Object.keys(printers)));
}

export function parsePass(name: string): string {
  return assertKnown(
    "--after",
    name,
    passes.map((pass) => pass.name),
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
