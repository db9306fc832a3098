import { ArraySource } from "./array-source.ts";
import type { DataSource } from "./data-source.ts";
import { ManifestSource } from "./manifest-source.ts";
import type { SourceIndex } from "./source-index.ts";

/** What an index says, read by number. Each thread has its own. */
export function openSource(index: SourceIndex): DataSource {
  return index.kind === "manifest" ? new ManifestSource(index) : new ArraySource(index);
}
