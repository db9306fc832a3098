/**
 * Every name that stands in a piece of syntax, wherever it stands and whatever it means: `text` of what
 * is named, `name` of an expression. `skip` leaves out what is under a key of a node.
 */
export function collectNames(
  node: unknown,
  names: Set<string>,
  skip: (parent: object, key: string) => boolean = () => false,
): void {
  if (typeof node !== "object" || node === null) return;
  if (Array.isArray(node)) {
    for (const one of node) collectNames(one, names, skip);
    return;
  }
  for (const [key, value] of Object.entries(node)) {
    // Spans lead out of the tree, to the file's text.
    if (key === "span" || skip(node, key)) continue;
    if ((key === "text" || key === "name") && typeof value === "string") names.add(value);
    else collectNames(value, names, skip);
  }
}
