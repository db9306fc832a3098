import type { Item } from "../core/entity.ts";

/**
 * The text of everything that some items need, themselves included, as it means the same: without comments, layout and
 * places, and with the numbers of items for their names. Two texts that say the same are equal.
 */
export function canonicalProgram(roots: readonly Item[]): string {
  const numbers = new Map<Item["syntax"], number>();
  const found: Item[] = [];
  const numberOf = (item: Item): number => {
    const known = numbers.get(item.syntax);
    if (known !== undefined) return known;
    numbers.set(item.syntax, found.length);
    found.push(item);
    return found.length - 1;
  };
  for (const root of roots) numberOf(root);
  const texts: string[] = [];
  for (let at = 0; at < found.length; at++) {
    const item = found[at] as Item;
    texts.push(JSON.stringify(withoutPlaces(item.syntax, item, numberOf, "item")));
  }
  return texts.join("\n");
}

/** The same with a memory: cells of an experiment mostly begin with the same items. */
export function canonicalPrograms(): typeof canonicalProgram {
  const known: { readonly roots: readonly Item[]; readonly text: string }[] = [];
  return (roots) => {
    const before = known.find((one) => isSameList(one.roots, roots));
    if (before !== undefined) return before.text;
    const text = canonicalProgram(roots);
    known.push({ roots, text });
    return text;
  };
}

function isSameList(some: readonly Item[], others: readonly Item[]): boolean {
  return some.length === others.length && some.every((one, at) => one === others[at]);
}

/** Members of the syntax tree that say where something stands, or what people read. */
const isPlace = (key: string): boolean => key === "doc" || /^(\w*S|s)pans?$/.test(key);

/** A copy of a syntax tree; `at` is the member of the tree around it that it stands in. */
function withoutPlaces(
  value: unknown,
  item: Item,
  numberOf: (item: Item) => number,
  at: string,
): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutPlaces(one, item, numberOf, at));
  if (typeof value !== "object" || value === null) return value;
  const copy: Record<string, unknown> = {};
  const isName = "kind" in value && value.kind === "name";
  const isPath = at === "head" || at === "steps";
  for (const [key, member] of Object.entries(value)) {
    if (isPlace(key)) continue;
    const isWord = typeof member === "string" && (key === "text" || (isName && key === "name"));
    const named = isWord && !isPath ? itemNamed(item, member) : undefined;
    // What else has the name of an item (an argument, a path) is only taken along with it.
    if (named !== undefined) numberOf(named);
    const isMeant = named !== undefined && (isName || meant.has(at));
    copy[key] = isMeant
      ? `#${numberOf(named)}`
      : withoutPlaces(member, item, numberOf, key === "name" && isPath ? at : inPart(value, key));
  }
  return copy;
}

/** Where a name is that of an item, and nothing else. */
const meant = new Set(["part name", "interface", "of", "item name"]);

function inPart(holder: object, key: string): string {
  if (key !== "name") return key;
  if ("with" in holder && "axes" in holder) return "part name";
  return "kind" in holder && itemKinds.has(String(holder.kind)) ? "item name" : key;
}

const itemKinds = new Set(["module", "alias", "interface", "fn", "stage"]);

/** What the name stands for at the top of the item's file; what other experiments do is no part of a program. */
function itemNamed({ file }: Item, name: string): Item | undefined {
  const entity = file.scope.own(name)?.entity;
  if (entity?.kind === "item") {
    const { kind } = entity.item.syntax;
    return kind === "experiment" || kind === "weights" ? undefined : entity.item;
  }
  if (entity?.kind !== "fn") return undefined;
  return entity.callable.file.items.get(entity.callable.name);
}
