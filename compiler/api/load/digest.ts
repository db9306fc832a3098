import { createHash } from "node:crypto";

/** A digest for file names and comparisons. */
export function digestOf(text: string): string {
  return sha256(text).slice(0, 32);
}

/** In hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
