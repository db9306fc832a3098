import type { DispatchTime, Profile } from "../../runtime/execute/profile.ts";
import type { Artifact } from "../artifact.ts";
import { formatTime } from "./format-quantity.ts";
import type { Colors } from "./host.ts";
import { formatTable } from "./table.ts";

/** Measured times of a mode; plain numbers as in `--json`. */
export interface BenchReport {
  readonly model: string;
  readonly mode: string;
  readonly sizes: Readonly<Record<string, number>>;
  readonly device: string;
  readonly runs: number;
  readonly clock: Profile["clock"];
  /** Median of whole runs: one submit each, without reading back. */
  readonly totalMs: number;
  readonly gflops: number;
  readonly kernels: readonly KernelTime[];
}

/** All dispatches of one kernel together. */
export interface KernelTime {
  readonly name: string;
  readonly engine: string;
  readonly schedule: string;
  readonly count: number;
  readonly timeMs: number;
  /** Of the sum of all kernels' times. */
  readonly share: number;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  readonly places: readonly string[];
}

export function benchReport(artifact: Artifact, device: string, profile: Profile): BenchReport {
  const { model, mode, sizes } = artifact;
  const sumMs = sum(profile.dispatches, (dispatch) => dispatch.timeMs);
  const flops = sum(profile.dispatches, (dispatch) => dispatch.flops);
  const kernels = [...groupByKernel(profile).values()].map((own) => kernelTime(own, sumMs));
  return {
    model,
    mode,
    sizes,
    device,
    runs: profile.runs,
    clock: profile.clock,
    totalMs: profile.totalMs,
    gflops: perSecond(flops, profile.totalMs),
    kernels: kernels.toSorted((left, right) => right.timeMs - left.timeMs),
  };
}

function groupByKernel(profile: Profile): ReadonlyMap<string, readonly DispatchTime[]> {
  const groups = new Map<string, DispatchTime[]>();
  for (const dispatch of profile.dispatches) {
    const group = groups.get(dispatch.kernel);
    if (group === undefined) groups.set(dispatch.kernel, [dispatch]);
    else group.push(dispatch);
  }
  return groups;
}

function kernelTime(own: readonly DispatchTime[], sumMs: number): KernelTime {
  const timeMs = sum(own, (dispatch) => dispatch.timeMs);
  const [first] = own;
  return {
    name: first?.kernel ?? "",
    engine: first?.engine ?? "",
    schedule: first?.schedule ?? "",
    count: own.length,
    timeMs,
    share: sumMs > 0 ? timeMs / sumMs : 0,
    gflops: perSecond(
      sum(own, (dispatch) => dispatch.flops),
      timeMs,
    ),
    gigabytesPerSecond: perSecond(
      sum(own, (dispatch) => dispatch.bytesRead + dispatch.bytesWritten),
      timeMs,
    ),
    places: [...new Set(own.flatMap((dispatch) => dispatch.places))],
  };
}

export function benchText(report: BenchReport, colors: Colors): string {
  const columns = [
    { title: "kernel" },
    { title: "engine" },
    { title: "schedule" },
    { title: "count", align: "right" },
    { title: "time", align: "right" },
    { title: "share", align: "right" },
    { title: "GFLOP/s", align: "right" },
    { title: "GB/s", align: "right" },
  ] as const;
  const rows = report.kernels.map((kernel) => [
    kernel.name,
    kernel.engine,
    kernel.schedule,
    String(kernel.count),
    formatTime(kernel.timeMs),
    `${(kernel.share * 100).toFixed(1)} %`,
    kernel.gflops.toFixed(1),
    kernel.gigabytesPerSecond.toFixed(1),
  ]);
  const sizes = Object.entries(report.sizes).map(([axis, size]) => `, ${axis} = ${size}`);
  const title = colors.bold(`${report.model}.${report.mode}${sizes.join("")} on ${report.device}`);
  const whole = `whole run: ${formatTime(report.totalMs)}, ${report.gflops.toFixed(1)} GFLOP/s (median of ${report.runs}; kernels by ${clockText(report)})`;
  return `${title}\n${formatTable(columns, rows, colors)}${whole}\n`;
}

function clockText({ clock }: BenchReport): string {
  return clock === "timestamps" ? "the device's timestamps" : "the clock around a submit each";
}

/** In units of 1e9. */
function perSecond(amount: number, timeMs: number): number {
  return timeMs > 0 ? amount / timeMs / 1e6 : 0;
}

function sum<T>(items: readonly T[], amount: (item: T) => number): number {
  return items.reduce((total, item) => total + amount(item), 0);
}
