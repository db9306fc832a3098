import { existsSync } from "node:fs";
import { join } from "node:path";
import { Findings } from "../../../runtime/evaluate/entries/findings.ts";
import { fault } from "../../../runtime/faults.ts";

/** The paths of images below the folder of the data; all of them are there, or the missing ones are told. */
export function imagePaths(
  data: string,
  images: readonly { readonly id: string; readonly path: string }[],
): readonly string[] {
  const findings = new Findings();
  const paths = images.map(({ id, path }) => {
    const file = join(data, path);
    const reason = "there is no such image";
    if (!existsSync(file)) findings.add(fault("data-wrong", { file, place: `item ${id}`, reason }));
    return file;
  });
  findings.assertNone();
  return paths;
}
