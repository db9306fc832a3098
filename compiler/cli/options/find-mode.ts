import { isKnown } from "../../api/compile-cached.ts";
import type { PlanCache } from "../../api/load/plan-cache.ts";
import type { ChosenMode } from "./choose-mode.ts";
import { compileOptions, type ModeOptions } from "./mode-options.ts";

/** The mode that was asked for. Where a kept plan shows that it is there, the parser is not even loaded. */
export async function findMode(
  file: string,
  options: ModeOptions,
  cache: PlanCache | undefined,
): Promise<ChosenMode> {
  const { model, mode } = options;
  if (cache !== undefined && model !== undefined && mode !== undefined) {
    const named = { model, mode };
    if (isKnown(compileOptions(file, named, options), cache)) return named;
  }
  const { chooseMode } = await import("./choose-mode.ts");
  return chooseMode(file, options);
}
