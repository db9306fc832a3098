import type { MappingSyntax, WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import type { ExprSyntax } from "../../ir/syntax/syntax.ts";
import type { Span } from "../../source/source-file.ts";
import { fillPattern, matchSubtree, segmentsOf } from "./key-pattern.ts";

/** Where the elements of one parameter come from: the `CheckpointSource` of the artifact. */
export type KeySource =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "concat"; readonly keys: readonly string[] }
  | { readonly kind: "transpose"; readonly key: string }
  | { readonly kind: "part"; readonly key: string; readonly index: number; readonly of: number };

interface MappedKey {
  readonly source: KeySource | undefined;
  /** The mapping that decided; undefined where the path itself is the key. */
  readonly span: Span | undefined;
  /** Set by `tie`: the parameter with which this one shares its tensor. */
  readonly tied: boolean;
}

/**
 * What a `weights` block reads for the parameter at `path` (language page, section 7): the first `map`
 * that matches wins, then `tie` and `initialise`, then the path itself behind the prefix.
 */
export function mapKey(block: WeightsSyntax | undefined, path: string): MappedKey {
  const prefix = prefixOf(block);
  for (const mapping of block?.mappings ?? []) {
    const found = applyMapping(mapping, path, prefix, block);
    if (found !== undefined) return found;
  }
  return { source: { kind: "key", key: prefix + path }, span: undefined, tied: false };
}

export function prefixOf(block: WeightsSyntax | undefined): string {
  for (const mapping of block?.mappings ?? [])
    if (mapping.kind === "prefix") return mapping.prefix.text;
  return "";
}

export function keysOf(source: KeySource): readonly string[] {
  return source.kind === "concat" ? source.keys : [source.key];
}

function applyMapping(
  mapping: MappingSyntax,
  path: string,
  prefix: string,
  block: WeightsSyntax | undefined,
): MappedKey | undefined {
  switch (mapping.kind) {
    case "map": {
      const pattern = segmentsOf(mapping.path);
      const match = pattern === undefined ? undefined : matchSubtree(pattern, path);
      if (match === undefined) return undefined;
      const source = readSource(mapping.value, (key) => prefix + fillPattern(key, match));
      return { source, span: mapping.span, tied: false };
    }
    case "tie": {
      const pattern = segmentsOf(mapping.path);
      const match = pattern === undefined ? undefined : matchSubtree(pattern, path);
      const target = segmentsOf(mapping.to);
      if (match === undefined || target === undefined) return undefined;
      const pairs = target.map((segment) => (segment.includes("..") ? "*" : segment));
      const other = mapKey(withoutTies(block), fillPattern(pairs.join("."), match));
      return { ...other, tied: true };
    }
    case "initialise": {
      const selected = mapping.selectors.some((selector) => {
        const pattern = segmentsOf(selector);
        return pattern !== undefined && matchSubtree(pattern, path) !== undefined;
      });
      return selected ? { source: undefined, span: mapping.span, tied: false } : undefined;
    }
    default:
      return undefined;
  }
}

/** `"key"`, `concat("a", "b")`, `transpose("a")`, `part("a", 0, 3)`; other forms were reported before. */
function readSource(value: ExprSyntax, fill: (key: string) => string): KeySource | undefined {
  if (value.kind === "string") return { kind: "key", key: fill(value.value) };
  if (value.kind !== "call" || value.callee.kind !== "name") return undefined;
  const args = (value.args ?? []).map((arg) => arg.value);
  const keys = args.flatMap((arg) => (arg.kind === "string" ? [fill(arg.value)] : []));
  const numbers = args.flatMap((arg) => (arg.kind === "int" ? [arg.value] : []));
  const [key] = keys;
  const [index, of] = numbers;
  if (key === undefined) return undefined;
  if (value.callee.name === "concat") return { kind: "concat", keys };
  if (value.callee.name === "transpose") return { kind: "transpose", key };
  if (value.callee.name === "part" && index !== undefined && of !== undefined)
    return { kind: "part", key, index, of };
  return undefined;
}

function withoutTies(block: WeightsSyntax | undefined): WeightsSyntax | undefined {
  if (block === undefined) return undefined;
  return { ...block, mappings: block.mappings.filter((mapping) => mapping.kind !== "tie") };
}
