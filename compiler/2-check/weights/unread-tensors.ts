import type { WeightsSyntax } from "../../ir/syntax/entry-syntax.ts";
import { matchesKey } from "./key-pattern.ts";
import { keysOf, mapKey } from "./map-keys.ts";

/** A tensor of the file that a mode does not read. */
export interface UnreadTensor {
  readonly key: string;
  /**
   * `other-mode`: a part of the model that the mode does not reach; `ignored`: by a pattern of the block;
   * `elsewhere`: not behind the prefix, so it belongs to other parts of a larger model; `unexpected`:
   * nothing says what it is. Without a block nothing is said of any tensor.
   */
  readonly because: "other-mode" | "ignored" | "elsewhere" | "unexpected" | "unused";
  /** The parameter, or the pattern. */
  readonly by: string | undefined;
}

/** Every tensor of the file that no parameter of the mode reads, in the order of the file. */
export function unreadTensors(request: {
  readonly block: WeightsSyntax | undefined;
  /** Everything that the model stores. */
  readonly all: readonly string[];
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly prefix: string;
  readonly ignore: readonly string[];
  readonly readKeys: ReadonlySet<string>;
}): readonly UnreadTensor[] {
  const { block, all, tensors, prefix, ignore, readKeys } = request;
  const owners = new Map<string, string>();
  for (const path of all) {
    const { source } = mapKey(block, path);
    for (const key of source === undefined ? [] : keysOf(source)) owners.set(key, path);
  }
  return Object.keys(tensors).flatMap((key): readonly UnreadTensor[] => {
    if (readKeys.has(key)) return [];
    const owner = owners.get(key);
    if (owner !== undefined) return [{ key, because: "other-mode", by: owner }];
    const pattern = ignore.find((one) => matchesKey(one, key));
    if (pattern !== undefined) return [{ key, because: "ignored", by: pattern }];
    if (!key.startsWith(prefix)) return [{ key, because: "elsewhere", by: undefined }];
    return [{ key, because: block === undefined ? "unused" : "unexpected", by: undefined }];
  });
}
