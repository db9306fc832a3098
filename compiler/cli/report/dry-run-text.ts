import { formatBytes } from "../../api/text/format-quantity.ts";
import type { Style } from "../../api/text/style.ts";
import { formatTable } from "../../api/text/table.ts";
import type { DryRunReport, TensorList } from "./dry-run-report.ts";

/** The report for people. */
export function dryRunText(report: DryRunReport, style: Style): string {
  const title = report.mode === null ? report.model : `${report.model}.${report.mode}`;
  const facts = [
    ["files", filesText(report)],
    ["layout", layoutText(report)],
    ...report.layout.candidates
      .filter(({ name, found }) => name !== report.layout.name && found > 0)
      .map((candidate) => ["", `not ${nameOf(candidate.name)}: ${fitText(candidate)}`]),
  ];
  const parts = formatTable(
    [
      { title: "part" },
      { title: "tensors", align: "right" },
      { title: "bytes", align: "right" },
      { title: "dtype" },
    ],
    [
      ...report.read.map(({ part, tensors, bytes, dtypes }) => [
        part,
        String(tensors),
        formatBytes(bytes),
        dtypes.join(", "),
      ]),
      ["to read", String(report.readTensors), formatBytes(report.readBytes), ""],
    ],
    style,
  );
  const rest = [...findings(report), ...deviceLines(report)];
  const table = (rows: readonly (readonly string[])[]): string =>
    formatTable([{ title: "" }, { title: "" }], rows, style).trimStart();
  return `${style.colors.bold(title)}\n${table(facts)}\n${parts}${rest.length > 0 ? `\n${table(rest)}` : ""}`;
}

function filesText({ files, tensors }: DryRunReport): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const count = files.length === 1 ? "1 file" : `${files.length} files`;
  return `${count}, ${tensors.toLocaleString("en-US")} tensors, ${formatBytes(bytes)}`;
}

type Layout = DryRunReport["layout"];

function layoutText({ layout }: DryRunReport): string {
  const chosen = layout.candidates.find(({ name }) => name === layout.name);
  const why = layout.because === "named" ? "named by `--layout`" : "fits best";
  if (chosen === undefined) return `${nameOf(layout.name)}, ${why}`;
  return `${nameOf(layout.name)}, ${why}: ${fitText(chosen)}`;
}

/** Without a block, keys are the paths of parameters. */
function nameOf(name: string | null): string {
  return name ?? "keys as paths";
}

function fitText({ found, settings, lacking }: Layout["candidates"][number]): string {
  const given =
    settings + lacking === 0
      ? ""
      : `, ${settings} of its ${settings + lacking} settings in the configuration`;
  return `${found.toLocaleString("en-US")} tensors of the model in the file${given}`;
}

function findings(report: DryRunReport): readonly (readonly [string, string])[] {
  const shape = (sizes: readonly number[]): string => `[${sizes.join(", ")}]`;
  const meant = (nearest: readonly string[]): string =>
    nearest[0] === undefined ? "" : ` (did you mean \`${nearest[0]}\`?)`;
  const rows: (readonly [string, string])[] = [
    ...report.resampled.map(
      ({ parameter, from, to }) =>
        ["resampled", `${parameter} ${shape(from)} -> ${shape(to)}`] as const,
    ),
    ...(report.initialised.length === 0
      ? []
      : [["initialised", some(report.initialised)] as const]),
    ...report.otherModes.map((list) => ["of other modes", listText(list)] as const),
    ...report.ignored.map(
      (list) => ["ignored", `by \`${list.pattern}\`: ${listText(list)}`] as const,
    ),
    ...report.elsewhere.map((list) => ["not read", listText(list)] as const),
    ...report.unexpected
      .slice(0, mostLines)
      .map(({ key, nearest }) => ["unexpected", key + meant(nearest)] as const),
    ...more("unexpected", report.unexpected),
    ...report.missing.slice(0, mostLines).map(({ parameter, keys, nearest }) => {
      const key = keys.join(" + ");
      const name = key === parameter ? key : `${key} for ${parameter}`;
      return ["missing", name + meant(nearest)] as const;
    }),
    ...more("missing", report.missing),
    ...report.misshapen.slice(0, mostLines).map((parameter) => ["misshapen", parameter] as const),
    ...more("misshapen", report.misshapen),
  ];
  return rows.map(([name, text], n) => [name === rows[n - 1]?.[0] ? "" : name, text]);
}

/** Where a whole model is missing, the first lines tell why; `--json` has them all. */
const mostLines = 8;

function more(title: string, all: readonly unknown[]): readonly (readonly [string, string])[] {
  return all.length > mostLines ? [[title, `and ${all.length - mostLines} more`]] : [];
}

function deviceLines({ device }: DryRunReport): readonly (readonly [string, string])[] {
  if (device === undefined) return [];
  const parts = [
    ["weights", device.weightBytes],
    ["constants", device.constantBytes],
    ["activations", device.activationBytes],
    ["state", device.stateBytes],
    ["inputs and outputs", device.inputBytes + device.outputBytes],
  ] as const;
  const shown = parts
    .filter(([, bytes]) => bytes > 0)
    .map(([name, bytes]) => `${name} ${formatBytes(bytes)}`);
  return [["on the device", `${formatBytes(device.totalBytes)}: ${shown.join(", ")}`]];
}

function listText({ bytes, keys }: TensorList): string {
  const count = keys.length === 1 ? "1 tensor" : `${keys.length.toLocaleString("en-US")} tensors`;
  return `${count}, ${formatBytes(bytes)}: ${some(keys)}`;
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 2).join(", ");
  return names.length > 2 ? `${shown} and ${names.length - 2} more` : shown;
}
