import { tarFiles } from "../archives/open-archive.ts";
import { fault } from "../faults.ts";

/**
 * The texts of a few files of a compressed tar, by their paths.
 *
 * @throws {RuntimeFault} `data-set-incomplete` where one of them is not there, and what `tarFiles` meets.
 */
export async function textsIn<Path extends string>(
  archive: string,
  paths: readonly Path[],
): Promise<Readonly<Record<Path, string>>> {
  const wanted = new Set<string>(paths);
  const found: Record<string, string> = {};
  for await (const { path, read } of tarFiles(archive))
    if (wanted.has(path)) found[path] = new TextDecoder().decode(await read());
  const missing = paths.find((path) => found[path] === undefined);
  if (missing !== undefined)
    throw fault("data-set-incomplete", { name: archive, reason: `it has no \`${missing}\`` });
  return found as Record<Path, string>;
}
