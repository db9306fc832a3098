import type { Entity } from "./entity.ts";
import { NameTable } from "./name-table.ts";

/** Names of one block, fn, module or file, with what they mean. */
export type Scope = NameTable<Entity>;
export const Scope = NameTable<Entity>;
