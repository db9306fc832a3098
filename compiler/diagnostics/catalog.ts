import { axisDiagnostics } from "./catalog/axes.ts";
import type { CatalogEntry } from "./diagnostic.ts";

/** Every code, once. Families are only for the length of files. */
export const catalog = { ...axisDiagnostics } as const;

export type Catalog = typeof catalog;
export type Code = keyof Catalog;
export type ParamsOf<C extends Code> = Catalog[C] extends CatalogEntry<infer Params> ? Params : never;
