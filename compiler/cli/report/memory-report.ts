import { formatBytes } from "../../api/text/format-quantity.ts";
import type { Artifact, BufferSpec } from "../../artifact.ts";

/** What a program may hold on its device and, once it ran, what the process took. All in bytes. */
export interface MemoryReport {
  readonly planned: {
    /** Weights that stay on the device. */
    readonly resident: number;
    /** What the others pass through. */
    readonly slots: number;
    readonly constants: number;
    readonly states: number;
    readonly activations: number;
    readonly inputsAndOutputs: number;
    readonly total: number;
  };
  /** Set where `--memory` made weights pass through slots. */
  readonly streaming?: {
    readonly budget: number;
    /** Brought to the device in each run. */
    readonly streamed: number;
    readonly groups: number;
    readonly segments: number;
  };
  /** The most that the process had in memory at a time; on a software device that is the device too. */
  readonly peakProcess?: number;
}

export function memoryReport({ program }: Artifact): MemoryReport {
  const bytesOf = (...roles: readonly BufferSpec["role"][]): number =>
    program.buffers.reduce((sum, { role, bytes }) => sum + (roles.includes(role) ? bytes : 0), 0);
  const { streaming } = program;
  return {
    planned: {
      resident: bytesOf("parameters"),
      slots: bytesOf("slot"),
      constants: bytesOf("constants"),
      states: bytesOf("states"),
      activations: bytesOf("arena"),
      inputsAndOutputs: bytesOf("input", "output"),
      total: program.buffers.reduce((sum, { bytes }) => sum + bytes, 0),
    },
    ...(streaming && {
      streaming: {
        budget: streaming.budget,
        streamed: streaming.groups.reduce((sum, { bytes }) => sum + bytes, 0),
        groups: streaming.groups.length,
        segments: streaming.segments.length,
      },
    }),
  };
}

/** The same after a run. */
export function measuredMemory(artifact: Artifact): MemoryReport {
  const peakProcess = process.resourceUsage().maxRSS * 1024;
  return { ...memoryReport(artifact), peakProcess };
}

export function memoryText({ planned, streaming, peakProcess }: MemoryReport): string {
  const parts = Object.entries({
    "resident weights": planned.resident,
    "two slots": planned.slots,
    constants: planned.constants,
    states: planned.states,
    activations: planned.activations,
    "inputs and outputs": planned.inputsAndOutputs,
  }).flatMap(([name, bytes]) => (bytes === 0 ? [] : [`${name} ${formatBytes(bytes)}`]));
  const budget = streaming === undefined ? "" : ` of ${formatBytes(streaming.budget)}`;
  const peak =
    peakProcess === undefined ? "" : `; the whole process: ${formatBytes(peakProcess)} at most`;
  return `memory: planned ${formatBytes(planned.total)}${budget} (${parts.join(", ")})${peak}\n`;
}
