import { axisDiagnostics } from "./catalog/axes.ts";
import { callDiagnostics } from "./catalog/calls.ts";
import { nameDiagnostics } from "./catalog/names.ts";
import { overrideDiagnostics } from "./catalog/overrides.ts";
import { partDiagnostics } from "./catalog/parts.ts";
import { requestDiagnostics } from "./catalog/requests.ts";
import { sizeDiagnostics } from "./catalog/sizes.ts";
import { stageDiagnostics } from "./catalog/stages.ts";
import { typeDiagnostics } from "./catalog/types.ts";
import { valueDiagnostics } from "./catalog/values.ts";
import { weightDiagnostics } from "./catalog/weights.ts";
import type { CatalogEntry } from "./diagnostic.ts";

/** Every code, once. Families are only for the length of files. */
export const catalog = {
  ...nameDiagnostics,
  ...axisDiagnostics,
  ...sizeDiagnostics,
  ...typeDiagnostics,
  ...callDiagnostics,
  ...valueDiagnostics,
  ...partDiagnostics,
  ...stageDiagnostics,
  ...overrideDiagnostics,
  ...weightDiagnostics,
  ...requestDiagnostics,
} as const;

export type Catalog = typeof catalog;
export type Code = keyof Catalog;
export type ParamsOf<C extends Code> =
  Catalog[C] extends CatalogEntry<infer Params> ? Params : never;
