import type { Meaning } from "./meaning.ts";
import { NameTable } from "./name-table.ts";

/** Names of one block, fn, module or file, with what they mean. */
export type Scope = NameTable<Meaning>;
export const Scope = NameTable<Meaning>;
