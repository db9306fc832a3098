import type { SpanSink } from "../../../runtime/execute/span.ts";
import { fault } from "../../../runtime/faults.ts";
import { isCounted } from "../../../runtime/row-lengths.ts";
import { shapeText } from "../../../runtime/tensor.ts";
import type { InputSummary } from "../../2-check/load/find-model.ts";
import type { Assignment } from "../../api/assignment.ts";
import { assertCompilable, knownArtifact } from "../../api/compile-cached.ts";
import type { Examined } from "../../api/examined.ts";
import type { PlanCache } from "../../api/load/plan-cache.ts";
import type { ChosenMode } from "./choose-mode.ts";
import { compileOptions, type ModeOptions } from "./mode-options.ts";
import { unknownInput } from "./read-inputs.ts";

/** With what is known of it already. */
export interface FoundMode extends ChosenMode {
  readonly examined?: Examined | undefined;
}

/**
 * The mode that was asked for, and what it takes, once it is sure that it can be made as it was asked for: no device
 * has to be opened to find a mistake in `--set`, `--size` or `--layout`. Where a kept plan shows that it is there, the
 * parser is not even loaded.
 */
export async function findMode(
  file: string,
  options: ModeOptions,
  cache: PlanCache | undefined,
  onSpan?: SpanSink,
): Promise<FoundMode> {
  const { model, mode } = options;
  if (cache !== undefined && model !== undefined && mode !== undefined) {
    const known = knownArtifact(compileOptions(file, { model, mode }, options), cache);
    if (known !== undefined) {
      const inputs = known.inputs.map((input): InputSummary => {
        const { name, shape, reader } = input;
        const hasDefault = reader?.args.default !== undefined || isCounted(input);
        return { name, type: shapeText(shape), hasDefault };
      });
      return { model, mode, inputs };
    }
  }
  const { chooseMode } = await import("./choose-mode.ts");
  const chosen = chooseMode(file, options);
  if (!asksForMore(options)) return chosen;
  const request = compileOptions(file, chosen, options);
  return { ...chosen, examined: await assertCompilable(request, { cache, onSpan }) };
}

/** Whether there is something to be wrong beside the texts, whose elaboration is not for nothing. */
function asksForMore({ set, size, batch, layout, weights, steps }: ModeOptions): boolean {
  const said = [batch, layout, weights, steps].some((one) => one !== undefined);
  return said || set.length > 0 || size.length > 0;
}

/** Names that the mode lacks: said before a device is opened, which may take seconds. */
export function assertNamed(
  { inputs }: Pick<ChosenMode, "inputs">,
  given: readonly Assignment[],
): void {
  const known = inputs.map(({ name }) => name);
  for (const { name } of given) if (!known.includes(name)) throw unknownInput(name, known);
}

/** The same, and inputs that nobody gave. */
export function assertInputs(
  chosen: Pick<ChosenMode, "inputs">,
  given: readonly Assignment[],
): void {
  assertNamed(chosen, given);
  const { inputs } = chosen;
  for (const { name, type, hasDefault } of inputs)
    if (!hasDefault && !given.some((one) => one.name === name))
      throw fault("input-missing", { name, shape: type });
}
