import {
  count,
  dictionary,
  either,
  list,
  oneOf,
  optional,
  real,
  record,
  type Shape,
  text,
  truth,
  variants,
} from "../../load/shape.ts";
import type {
  Cell,
  CellCost,
  CellDifference,
  Halving,
  LeftOutCell,
  Measure,
  ReportRequest,
  RunLength,
  Study,
} from "../study.ts";
import type { Pace, StudyDocument, VanishedCell } from "./document-form.ts";

const cost: Shape<CellCost> = record<CellCost>({
  parameters: count,
  trainable: count,
  macsPerStep: real,
  macs: real,
  flopsPerStep: real,
  peakBytes: real,
  isPlanned: optional((value): value is false => value === false),
  frozen: optional(list(text)),
  dispatches: count,
  parts: dictionary(real),
});

const cell: Shape<Cell> = record<Cell>({
  name: text,
  identity: text,
  difference: list(
    record<CellDifference>({ path: text, kind: oneOf("set", "replace", "data"), value: text }),
  ),
  values: dictionary(text),
  stage: text,
  phase: optional(text),
  steps: optional(count),
  start: optional(text),
  starts: optional(list(text)),
  data: list(text),
  baseline: optional(text),
  cost,
});

const amount = <K extends "steps" | "minutes" | "flops">(kind: K) =>
  record<{ readonly kind: K; readonly amount: number }>({ kind: oneOf(kind), amount: real });

const runLength: Shape<RunLength> = variants<RunLength>({
  stage: record<{ readonly kind: "stage" }>({ kind: oneOf("stage") }),
  steps: amount("steps"),
  minutes: amount("minutes"),
  flops: amount("flops"),
});

const report: Shape<ReportRequest> = variants<ReportRequest>({
  table: record<Extract<ReportRequest, { kind: "table" }>>({
    kind: oneOf("table"),
    columns: list(text),
  }),
  plot: record<Extract<ReportRequest, { kind: "plot" }>>({
    kind: oneOf("plot"),
    column: text,
    over: text,
    by: optional(text),
  }),
});

const study: Shape<Study> = record<Study>({
  name: text,
  cells: list(cell),
  model: text,
  leftOut: list(record<LeftOutCell>({ name: text, by: text })),
  seeds: list(count),
  run: runLength,
  halving: optional(record<Halving>({ by: real, from: count, on: text })),
  measures: list(
    record<Measure>({
      name: text,
      task: text,
      settings: dictionary(either(text, either(real, truth))),
      fields: list(text),
    }),
  ),
  reports: list(report),
  dimensions: list(text),
  notes: list(text),
});

const isFormat = (value: unknown): value is 1 => value === 1;
/** Options are looked at by what takes them. */
const isOptions = (value: unknown): value is StudyDocument["training"] =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a `study.json` must look like. */
export const documentShape: Shape<StudyDocument> = record<StudyDocument>({
  format: isFormat,
  weft: text,
  study,
  folders: dictionary(text),
  works: dictionary(text),
  vanished: list(record<VanishedCell>({ cell, folder: text })),
  file: text,
  training: isOptions,
  workingFolder: text,
  pace: record<Pace>({ beatMs: real, silentMs: real, lookMs: real }),
});
