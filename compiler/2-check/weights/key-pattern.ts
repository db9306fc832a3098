import type { PathSyntax } from "../../ir/syntax/syntax.ts";

/**
 * Patterns over dotted paths and keys. A pattern names a subtree: it matches a path that it is a
 * prefix of, segment by segment; `*` (and `[*]`) stands for any one segment, `[0..4]` for some numbers.
 */
interface PatternMatch {
  /** What each `*` stood for, in order. */
  readonly captures: readonly string[];
  /** Segments of the path beyond the pattern. */
  readonly rest: readonly string[];
}

export function matchSubtree(pattern: readonly string[], path: string): PatternMatch | undefined {
  const segments = path.split(".");
  if (segments.length < pattern.length) return undefined;
  const captures: string[] = [];
  for (const [position, wanted] of pattern.entries()) {
    const found = segments[position] ?? "";
    const isOpen = wanted === "*" || isInRange(wanted, found);
    if (isOpen) captures.push(found);
    else if (wanted !== found) return undefined;
  }
  return { captures, rest: segments.slice(pattern.length) };
}

/** `0..4` holds 0 to 3. */
function isInRange(wanted: string, found: string): boolean {
  const [from, to] = wanted.split("..");
  if (to === undefined || !/^\d+$/.test(found)) return false;
  return Number(found) >= Number(from) && Number(found) < Number(to);
}

/** The key that `pattern` stands for, its `*` replaced in order and the rest of the subtree appended. */
export function fillPattern(pattern: string, match: PatternMatch): string {
  let next = 0;
  const filled = pattern
    .split(".")
    .map((segment) => (segment === "*" ? (match.captures[next++] ?? "*") : segment));
  return [...filled, ...match.rest].join(".");
}

/** `*` is one name, a final `**` any rest. */
export function matchesKey(pattern: string, key: string): boolean {
  const wanted = pattern.split(".");
  const found = key.split(".");
  if (wanted.at(-1) === "**") {
    const head = wanted.slice(0, -1);
    return found.length > head.length && matchSubtree(head, key) !== undefined;
  }
  return found.length === wanted.length && matchSubtree(wanted, key) !== undefined;
}

/** `encoder.layers[*].attn` as segments; `undefined` where an index is not written as numbers or `*`. */
export function segmentsOf(path: PathSyntax): readonly string[] | undefined {
  const segments = [path.head.text];
  for (const step of path.steps) {
    if (step.kind === "name") segments.push(step.name.text);
    else if (step.kind === "anyName" || step.kind === "anyIndex") segments.push("*");
    else if (step.kind === "index" && step.index.kind === "int")
      segments.push(String(step.index.value));
    else if (step.kind === "range" && step.from.kind === "int" && step.to.kind === "int")
      segments.push(`${step.from.value}..${step.to.value}`);
    else return undefined;
  }
  return segments;
}
