import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";

/** In the folder of a run: which texts of the study it was last trained with. */
const markFile = "texts";

/**
 * Notes in the folder of a run which texts it goes on with, and says whether those before were others. A cell that resolves to
 * the same may go on with them; a run whose data were changed behind its back may not.
 */
export function textsMark(run: string, texts: string): { readonly isOther: boolean } {
  const path = join(run, markFile);
  const before = existsSync(path) ? readFileSync(path, "utf8").trim() : undefined;
  if (before !== texts) writeAtomically(path, [new TextEncoder().encode(`${texts}\n`)]);
  return { isOther: before !== undefined && before !== texts };
}
