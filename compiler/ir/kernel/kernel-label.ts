import type { Kernel } from "./kernel.ts";

/** The kernel's name and its part. */
export function kernelLabel(kernel: Kernel): string {
  const part = kernelPart(kernel);
  return part === "" ? kernel.name : `${kernel.name} of ${part}`;
}

/**
 * The part that a kernel serves first, or those that its name lists: `encoder.layers[3].attn.{q, k}`; empty
 * outside of all parts.
 */
export function kernelPart({ name, places }: Kernel): string {
  const path = places[0]?.path ?? "";
  const outer = path.slice(0, path.lastIndexOf(".") + 1);
  const listed = name.split("-").slice(1);
  const own = listed.filter((part) => places.some((place) => place.path === outer + part));
  const whole = own.length > 1 ? `${outer}{${own.join(", ")}}` : path;
  return whole.replace(/\.(\d+)(?=\.|$)/g, "[$1]");
}
