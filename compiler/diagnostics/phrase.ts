/** Turns of phrase that several messages share. Names stand in backquotes, as typed. */

export function quote(text: string): string {
  return `\`${text}\``;
}

/** What a message calls something: by its name, which is quoted, or by a phrase such as "the value". */
export type Named = string | { readonly phrase: string };

export function named(name: Named): string {
  return typeof name === "string" ? quote(name) : name.phrase;
}

/** "`a`, `b` and `c`". */
export function listOf(names: readonly string[], word = "and"): string {
  const quoted = names.map(quote);
  const last = quoted.pop();
  if (last === undefined) return "nothing";
  return quoted.length === 0 ? last : `${quoted.join(", ")} ${word} ${last}`;
}

/** "did you mean `a` or `b`?", where something is near. */
export function nearestHint(nearest: readonly string[]): string | undefined {
  return nearest.length > 0 ? `did you mean ${listOf(nearest, "or")}?` : undefined;
}

/** "1 value", "3 values". */
export function count(amount: number, noun: string): string {
  return `${amount} ${amount === 1 ? noun : `${noun}s`}`;
}

/** `N`, or `N (49)` where the size is known and says more than the name. */
export function sized(axis: string, size: string | undefined): string {
  return size === undefined || size === axis ? quote(axis) : `${quote(axis)} (${size})`;
}
