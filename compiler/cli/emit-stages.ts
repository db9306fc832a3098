import type { Artifact } from "../artifact.ts";
import { exitCode, Failure } from "./failure.ts";

/** Forms of a program that `--emit` prints: one entry each. */
const printers: Readonly<Record<string, (artifact: Artifact) => string>> = {
  fused: printFused,
  kernels: printKernels,
  plan: printPlan,
  wgsl: printWgsl,
  artifact: (artifact) => `${JSON.stringify(artifact, null, 2)}\n`,
};

export type Stage = string;

export function parseStages(text: string): readonly Stage[] {
  return text.split(",").map((name) => {
    if (Object.hasOwn(printers, name)) return name;
    const hint = `there is ${Object.keys(printers).join(", ")}`;
    throw new Failure(exitCode.usage, "bad-option", `\`--emit\` knows no \`${name}\``, hint);
  });
}

export function emitStages(artifact: Artifact, stages: readonly Stage[]): string {
  return stages.map((name) => printers[name]?.(artifact) ?? "").join("\n");
}

/** What each dispatch holds of the program, and why it ends where it ends. */
function printFused({ program }: Artifact): string {
  const lines = program.dispatches.map(({ label, kernel, holds, endsBecause, places }) => {
    const name = program.kernels[kernel]?.name ?? "";
    return `${label} (${name})\n  holds ${holds.join(", ")}\n  ends because ${endsBecause}\n  from ${places.join(" ")}\n`;
  });
  return lines.join("");
}

function printKernels({ program }: Artifact): string {
  const lines = program.dispatches.map(({ label, kernel, workgroups, tensors }) => {
    const { name, schedule } = program.kernels[kernel] ?? { name: "", schedule: "" };
    const bound = tensors.map((tensor) => program.tensors[tensor]?.name ?? `${tensor}`);
    return `${label}: ${name} [${schedule}] ${workgroups.join("x")} (${bound.join(", ")})\n`;
  });
  return lines.join("");
}

/** Every buffer with the tensors in it, by place. */
function printPlan({ program }: Artifact): string {
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

function printWgsl({ program }: Artifact): string {
  return program.kernels
    .map((kernel) => `// ${kernel.name} [${kernel.schedule}]\n${kernel.wgsl}`)
    .join("\n");
}
