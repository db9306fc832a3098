import { createHash } from "node:crypto";

/** Which part of a data set a key belongs to: one in twenty is held out, the same ones whenever it is built. */
export function splitOf(key: string): "train" | "held-out" {
  const [first = 0] = createHash("sha256").update(key).digest();
  return first % 20 === 0 ? "held-out" : "train";
}
