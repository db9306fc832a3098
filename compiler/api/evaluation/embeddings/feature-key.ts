import { CompileError } from "../../compile-error.ts";
import { compileForTexts } from "../../compile-for-texts.ts";
import { sha256 } from "../../load/digest.ts";
import { PlanCache } from "../../load/plan-cache.ts";
import { tunedProfile } from "../../load/tuned-profile.ts";
import { type EvaluatedModel, modelIdentity } from "../evaluated-model.ts";

/**
 * A name for all that decides the features of an item but the item: the program for this device, weights, tokenizer,
 * and what becomes of the item before the program sees it. Of a program that is known already nothing is compiled.
 *
 * @throws {CompileError}
 */
export async function featureKey(
  model: EvaluatedModel,
  mode: string,
  batch: number,
  what: string,
): Promise<string> {
  const { artifact, diagnostics } = await compileForTexts(
    { ...model, mode, sizes: { B: batch } },
    tunedProfile(model.device, model.tuned),
    { cache: new PlanCache() },
  );
  if (artifact === undefined) throw new CompileError(diagnostics);
  const { weights, tokenizer } = modelIdentity(model);
  return sha256(JSON.stringify([artifact, weights, tokenizer, what])).slice(0, 32);
}
