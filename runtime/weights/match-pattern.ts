/** Whether a dotted key fits a pattern in which `*` is one name and `**` any rest. */
export function matchesPattern(key: string, pattern: string): boolean {
  return matchNames(key.split("."), pattern.split("."));
}

function matchNames(names: readonly string[], pattern: readonly string[]): boolean {
  const [wanted, ...later] = pattern;
  if (wanted === undefined) return names.length === 0;
  if (wanted === "**") {
    if (later.length === 0) return names.length > 0;
    return names.some((_, start) => matchNames(names.slice(start), later));
  }
  const [name, ...rest] = names;
  return name !== undefined && (wanted === "*" || wanted === name) && matchNames(rest, later);
}
