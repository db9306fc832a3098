import { formatBytes, formatCount } from "../../../api/text/format-quantity.ts";
import type { Style } from "../../../api/text/style.ts";
import { formatTable } from "../../../api/text/table.ts";
import type { TensorReport } from "../tensor-report.ts";
import type { InspectReport } from "./inspect-report.ts";
import type { StepReport } from "./inspect-steps.ts";

/** The report for people. */
export function inspectText(report: InspectReport, style: Style): string {
  const { bold } = style.colors;
  const sizes = Object.entries(report.sizes).map(([axis, size]) => `${axis} = ${size}`);
  const title = `${report.model}.${report.mode}${sizes.length > 0 ? ` with ${sizes.join(", ")}` : ""}`;
  const facts: [string, string][] = [
    ...(report.steps.length === 1 ? interfaceFacts(report) : report.steps.flatMap(stepFacts)),
    ["parameters", `${report.parameters.total.toLocaleString("en-US")}`],
    ...Object.entries(report.parameters.parts).map(([part, count]): [string, string] => [
      `  ${part}`,
      count.toLocaleString("en-US"),
    ]),
    ...(report.steps.length === 1 ? ([["MACs", macsText(report)]] as [string, string][]) : []),
    ["FLOPs", formatCount(report.flops)],
    ["dispatches", `${report.dispatches} of ${report.kernels.length} kernels`],
    ["weights", formatBytes(report.weightBytes)],
    ...streamingFacts(report),
    ...(report.constants.length === 0
      ? []
      : ([["constants", constantsText(report)]] as [string, string][])),
    [
      "activations",
      `${formatBytes(report.activationBytes)} (${formatBytes(report.activationLowerBound)} live at once, each apart)`,
    ],
    ...(report.stateBytes === 0
      ? []
      : ([["states", formatBytes(report.stateBytes)]] as [string, string][])),
    ["peak memory", formatBytes(report.peakBytes)],
  ];
  return `${bold(title)}\n${formatTable([{ title: "" }, { title: "" }], facts, style).trimStart()}\n${kernelTable(report, style)}`;
}

function streamingFacts({ streaming }: InspectReport): [string, string][] {
  if (streaming === undefined) return [];
  const { resident, slots, streamed, groups, budget } = streaming;
  return [
    ["  budget", formatBytes(budget)],
    ["  resident", formatBytes(resident)],
    ["  two slots", formatBytes(slots)],
    ["  for each run", `${formatBytes(streamed)} in ${groups} groups`],
  ];
}

function interfaceFacts({
  inputs,
  outputs,
}: Pick<InspectReport, "inputs" | "outputs">): [string, string][] {
  return [
    ...inputs.map((tensor): [string, string] => ["input", tensorText(tensor)]),
    ...outputs.map((tensor): [string, string] => ["output", tensorText(tensor)]),
  ];
}

function stepFacts(step: StepReport): [string, string][] {
  const sizes = Object.entries(step.sizes).map(([axis, size]) => `${axis} = ${size}`);
  return [
    ["step", `${step.step}${sizes.length > 0 ? ` with ${sizes.join(", ")}` : ""}`],
    ...interfaceFacts(step).map(([kind, text]): [string, string] => [`  ${kind}`, text]),
    ["  MACs", macsText(step)],
    ["  dispatches", String(step.dispatches)],
    ["  activations", formatBytes(step.activationBytes)],
  ];
}

function macsText({ macs, exactMacs }: Pick<InspectReport, "macs" | "exactMacs">): string {
  if (macs === exactMacs) return formatCount(macs);
  return `${formatCount(macs)} (${formatCount(exactMacs)} with the class token's attention)`;
}

function constantsText({ constants, constantBytes }: InspectReport): string {
  const count = constants.length === 1 ? "1 table" : `${constants.length} tables`;
  return `${formatBytes(constantBytes)} (${count} of positions)`;
}

function tensorText({ name, element, shape }: TensorReport): string {
  return `${name}: ${element}[${shape.map((axis) => `${axis.name} = ${axis.size}`).join(", ")}]`;
}

/** A kernel that several parts share has a line for each of them. */
function kernelTable(report: InspectReport, style: Style): string {
  const columns = [
    { title: "kernel" },
    { title: "engine" },
    { title: "schedule" },
    { title: "count", align: "right" },
    { title: "FLOPs", align: "right" },
    { title: "read", align: "right" },
    { title: "written", align: "right" },
    { title: "part" },
    { title: "source" },
  ] as const;
  const rows = report.kernels.flatMap(({ name, engine, schedule, parts }) =>
    parts.map(({ count, flops, bytesRead, bytesWritten, part, places }) => [
      name,
      engine,
      schedule,
      String(count),
      formatCount(flops),
      formatBytes(bytesRead),
      formatBytes(bytesWritten),
      part,
      placesText(places),
    ]),
  );
  return formatTable(columns, rows, style);
}

/** The first few; a fused kernel may serve a dozen lines. */
function placesText(places: readonly string[]): string {
  const shown = places.slice(0, 3).join(" ");
  return places.length > 3 ? `${shown} +${places.length - 3}` : shown;
}
