import type { Span } from "../../source/source-file.ts";

/** What a name stands for in one scope. Only locals are ever replaced, by `x = e` in a `for`. */
export interface Entry<M> {
  entity: M;
  readonly span: Span | undefined;
  readonly role: Role;
}

/** `local`: a `let` or a parameter of a fn, which a later `let` may shadow. */
export type Role = "item" | "axis" | "setting" | "member" | "fn" | "type" | "local" | "counter";
type Level = "file" | "module" | "turn" | "fn" | "block";

/** Names of one block, fn, module or file; what it does not know it asks of the scope around it. */
export class NameTable<M> {
  readonly #entries = new Map<string, Entry<M>>();
  readonly level: Level;
  readonly parent: NameTable<M> | undefined;

  constructor(level: Level, parent: NameTable<M> | undefined) {
    this.level = level;
    this.parent = parent;
  }

  find(name: string): { readonly entry: Entry<M>; readonly scope: NameTable<M> } | undefined {
    let scope: NameTable<M> | undefined = this;
    while (scope !== undefined) {
      const entry = scope.#entries.get(name);
      if (entry !== undefined) return { entry, scope };
      scope = scope.parent;
    }
    return undefined;
  }

  own(name: string): Entry<M> | undefined {
    return this.#entries.get(name);
  }

  declare(name: string, entry: Entry<M>): void {
    this.#entries.set(name, entry);
  }

  /** Every name that can be written here, nearest first, for "did you mean". */
  names(accepts: (entry: Entry<M>) => boolean = () => true): readonly string[] {
    const found = new Set<string>();
    let scope: NameTable<M> | undefined = this;
    while (scope !== undefined) {
      for (const [name, entry] of scope.#entries) if (accepts(entry)) found.add(name);
      scope = scope.parent;
    }
    return [...found];
  }
}
