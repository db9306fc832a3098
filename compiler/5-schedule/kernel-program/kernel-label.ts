import type { Kernel } from "../../ir/kernel/kernel.ts";

/** The kernel's name and the part that it serves first, or those that its name lists: `attn.{q, k}`. */
export function kernelLabel({ name, places }: Kernel): string {
  const path = places[0]?.path ?? "";
  if (path === "") return name;
  const outer = path.slice(0, path.lastIndexOf(".") + 1);
  const own = name.split("-").slice(1);
  const parts = own.filter((part) => places.some((place) => place.path === outer + part));
  return `${name} of ${parts.length > 1 ? `${outer}{${parts.join(", ")}}` : path}`;
}
