import type { MeasuredLimits } from "../../../runtime/device/device-limits.ts";
import type { DispatchTime, Profile } from "../../../runtime/execute/profile.ts";
import type { Artifact } from "../../artifact.ts";
import type { BenchReport, DispatchTimes, KernelTime, Reached } from "./bench-times.ts";
import { formatTime } from "./format-quantity.ts";
import { groupByPart } from "./gather-parts.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

export function benchReport(
  artifact: Artifact,
  device: string,
  profile: Profile,
  limits?: MeasuredLimits,
): BenchReport {
  const { model, mode, sizes } = artifact;
  const { deviceMs, timestampStepNs } = profile;
  const sumMs = sum(profile.dispatches, (dispatch) => dispatch.timeMs);
  const flops = sum(profile.dispatches, (dispatch) => dispatch.flops);
  const kernels = [...groupByKernel(profile).values()].map((own) => kernelTime(own, sumMs, limits));
  return {
    model,
    mode,
    sizes,
    device,
    runs: profile.runs,
    clock: profile.clock,
    timestampStepNs,
    totalMs: profile.totalMs,
    deviceMs,
    gflops: perSecond(flops, deviceMs || profile.totalMs),
    limits,
    kernels: kernels.toSorted((left, right) => right.timeMs - left.timeMs),
  };
}

function groupByKernel(profile: Profile): ReadonlyMap<number, readonly DispatchTime[]> {
  const groups = new Map<number, DispatchTime[]>();
  for (const dispatch of profile.dispatches) {
    const group = groups.get(dispatch.number);
    if (group === undefined) groups.set(dispatch.number, [dispatch]);
    else group.push(dispatch);
  }
  return groups;
}

function kernelTime(
  own: readonly DispatchTime[],
  sumMs: number,
  limits: MeasuredLimits | undefined,
): KernelTime {
  const [first] = own;
  const byPart = [...groupByPart(own, ({ part }) => part)];
  return {
    name: first?.kernel ?? "",
    engine: first?.engine ?? "",
    schedule: first?.schedule ?? "",
    ...timesOf(own, sumMs, limits),
    parts: byPart.map(([part, some]) => ({ part, ...timesOf(some, sumMs, limits) })),
  };
}

function timesOf(
  own: readonly DispatchTime[],
  sumMs: number,
  limits: MeasuredLimits | undefined,
): DispatchTimes {
  const timeMs = sum(own, (dispatch) => dispatch.timeMs);
  const flops = sum(own, (dispatch) => dispatch.flops);
  const bytes = sum(own, (dispatch) => dispatch.bytesRead + dispatch.bytesWritten);
  const rates = { gflops: perSecond(flops, timeMs), gigabytesPerSecond: perSecond(bytes, timeMs) };
  return {
    count: own.length,
    timeMs,
    share: sumMs > 0 ? timeMs / sumMs : 0,
    ...rates,
    reached: limits && reachedOf(rates, limits),
    places: [...new Set(own.flatMap((dispatch) => dispatch.places))],
  };
}

/** Both rates grow alike as a kernel gets faster, so the one that is nearer to its limit is the bound. */
function reachedOf(
  rates: { readonly gflops: number; readonly gigabytesPerSecond: number },
  limits: MeasuredLimits,
): Reached {
  const ofCompute = rates.gflops / limits.gflops;
  const ofBandwidth = rates.gigabytesPerSecond / limits.gigabytesPerSecond;
  const bound = ofCompute >= ofBandwidth ? "compute" : "bandwidth";
  return { bound, share: Math.max(ofCompute, ofBandwidth), ofCompute, ofBandwidth };
}

export function benchText(report: BenchReport, style: Style): string {
  const columns = [
    { title: "kernel" },
    { title: "engine" },
    { title: "schedule" },
    { title: "count", align: "right" },
    { title: "time", align: "right" },
    { title: "share", align: "right" },
    { title: "GFLOP/s", align: "right" },
    { title: "GB/s", align: "right" },
    ...(report.limits === undefined ? [] : [{ title: "of limit", align: "right" } as const]),
    { title: "part" },
  ] as const;
  // A kernel that several parts share has a line for each of them.
  const rows = report.kernels.flatMap((kernel) =>
    kernel.parts.map((times) => [
      kernel.name,
      kernel.engine,
      kernel.schedule,
      String(times.count),
      formatTime(times.timeMs),
      `${(times.share * 100).toFixed(1)} %`,
      times.gflops.toFixed(1),
      times.gigabytesPerSecond.toFixed(1),
      ...(times.reached === undefined ? [] : [reachedText(times.reached)]),
      times.part,
    ]),
  );
  const sizes = Object.entries(report.sizes).map(([axis, size]) => `, ${axis} = ${size}`);
  const title = style.colors.bold(
    `${report.model}.${report.mode}${sizes.join("")} on ${report.device}`,
  );
  const parts = [title, "\n", formatTable(columns, rows, style), wholeText(report), "\n"];
  return [...parts, limitsText(report)].join("");
}

/** `62 % compute`: of the multiply-add rate; `80 % bandwidth`: of the copy bandwidth. */
function reachedText({ share, bound }: Reached): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} % ${bound}`;
}

function wholeText(report: BenchReport): string {
  const { totalMs, deviceMs, gflops, runs } = report;
  const onDevice = deviceMs === undefined ? "" : ` (${formatTime(deviceMs)} on the device)`;
  return `whole run: ${formatTime(totalMs)}${onDevice}, ${gflops.toFixed(1)} GFLOP/s (median of ${runs}; kernels by ${clockText(report)})`;
}

function limitsText({ limits }: BenchReport): string {
  if (limits === undefined) return "";
  const { gflops, gigabytesPerSecond, dispatchMicroseconds } = limits;
  return `limits of the device, measured: ${gflops.toFixed(1)} GFLOP/s, ${gigabytesPerSecond.toFixed(1)} GB/s, ${dispatchMicroseconds.toFixed(1)} us a dispatch\n`;
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
