import type { PathSyntax } from "../../ir/syntax.ts";

/**
 * Patterns over dotted paths and keys. A pattern names a subtree: it matches a path that it is a
 * prefix of, segment by segment; `*` (and `[*]`) stands for any one segment.
 */
export interface PatternMatch {
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
    if (wanted === "*") captures.push(found);
    else if (wanted !== found) return undefined;
  }
  return { captures, rest: segments.slice(pattern.length) };
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

/** `encoder.layers[*].attn` as segments; `undefined` where an index is not a plain number or `*`. */
export function segmentsOf(path: PathSyntax): readonly string[] | undefined {
  const segments = [path.head.text];
  for (const step of path.steps) {
    if (step.kind === "name") segments.push(step.name.text);
    else if (step.kind === "anyName" || step.kind === "anyIndex") segments.push("*");
    else if (step.kind === "index" && step.index.kind === "int")
      segments.push(String(step.index.value));
    else return undefined;
  }
  return segments;
}
