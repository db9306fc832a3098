import { createHash } from "node:crypto";

/** A digest for file names and comparisons. */
export function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}
