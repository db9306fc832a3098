import { existsSync } from "node:fs";
import { join } from "node:path";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { fault } from "../../../runtime/faults.ts";

/** All files with pictures are there, below the folder of the data, or the missing ones are told. */
export function assertImages(
  data: string,
  images: readonly { readonly id: string; readonly path: string }[],
): void {
  const findings = new Findings();
  const known = new Set<string>();
  for (const { id, path } of images) {
    if (known.has(path)) continue;
    known.add(path);
    const file = join(data, path);
    const reason = "there is no such image";
    if (!existsSync(file)) findings.add(fault("data-wrong", { file, place: `item ${id}`, reason }));
  }
  findings.assertNone();
}
