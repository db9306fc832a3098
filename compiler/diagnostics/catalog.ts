import { axisDiagnostics } from "./catalog/axes.ts";
import { callDiagnostics } from "./catalog/calls.ts";
import { experimentDiagnostics } from "./catalog/experiments.ts";
import { limitDiagnostics } from "./catalog/limits.ts";
import { nameDiagnostics } from "./catalog/names.ts";
import { overrideDiagnostics } from "./catalog/overrides.ts";
import { partDiagnostics } from "./catalog/parts.ts";
import { readerDiagnostics } from "./catalog/readers.ts";
import { requestDiagnostics } from "./catalog/requests.ts";
import { residualDiagnostics } from "./catalog/residuals.ts";
import { sizeDiagnostics } from "./catalog/sizes.ts";
import { stageDiagnostics } from "./catalog/stages.ts";
import { syntaxDiagnostics } from "./catalog/syntax.ts";
import { typeDiagnostics } from "./catalog/types.ts";
import { valueDiagnostics } from "./catalog/values.ts";
import { weightDiagnostics } from "./catalog/weights.ts";
import type { CatalogEntry } from "./diagnostic.ts";

/** Every code, once. Families are only for the length of files. */
export const catalog = {
  ...syntaxDiagnostics,
  ...nameDiagnostics,
  ...axisDiagnostics,
  ...residualDiagnostics,
  ...sizeDiagnostics,
  ...limitDiagnostics,
  ...typeDiagnostics,
  ...callDiagnostics,
  ...valueDiagnostics,
  ...partDiagnostics,
  ...stageDiagnostics,
  ...overrideDiagnostics,
  ...experimentDiagnostics,
  ...weightDiagnostics,
  ...requestDiagnostics,
  ...readerDiagnostics,
} as const;

/** The catalog by subject, for the error index. */
export const families = [
  { name: "Syntax", entries: syntaxDiagnostics },
  { name: "Names", entries: nameDiagnostics },
  { name: "Axes", entries: axisDiagnostics },
  { name: "Residuals", entries: residualDiagnostics },
  { name: "Sizes", entries: sizeDiagnostics },
  { name: "Limits", entries: limitDiagnostics },
  { name: "Types", entries: typeDiagnostics },
  { name: "Calls", entries: callDiagnostics },
  { name: "Values", entries: valueDiagnostics },
  { name: "Parts", entries: partDiagnostics },
  { name: "Stages", entries: stageDiagnostics },
  { name: "Overrides", entries: overrideDiagnostics },
  { name: "Experiments", entries: experimentDiagnostics },
  { name: "Weights", entries: weightDiagnostics },
  { name: "Requests", entries: requestDiagnostics },
  { name: "Readers", entries: readerDiagnostics },
] as const;

type Catalog = typeof catalog;
export type Code = keyof Catalog;
export type ParamsOf<C extends Code> =
  Catalog[C] extends CatalogEntry<infer Params> ? Params : never;
