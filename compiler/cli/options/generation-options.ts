import type { Command } from "commander";
import { exitCode, Failure } from "../../api/failure.ts";
import type { GenerationSettings } from "../../api/generate/generation-settings.ts";
import { parseCount } from "./parse-assignments.ts";
import { several } from "./several.ts";

/** The options of every command that generates, as commander hands them over. */
export interface GenerationOptions {
  readonly maxNewTokens: string;
  readonly minNewTokens?: string;
  readonly temperature?: string;
  readonly topK?: string;
  readonly topP?: string;
  readonly repetitionPenalty?: string;
  readonly seed: string;
  readonly stop: readonly string[];
  readonly ignoreEos?: boolean;
}

export function addGenerationOptions(command: Command, maxNewTokens: number): Command {
  return command
    .option("--max-new-tokens <n>", "stop after as many tokens", String(maxNewTokens))
    .option("--min-new-tokens <n>", "no end token before as many tokens")
    .option("--temperature <t>", "sample; below 1 likely tokens become likelier (0 is greedy)")
    .option("--top-k <k>", "sample among the k most likely tokens")
    .option("--top-p <p>", "sample among the fewest tokens whose probability reaches p")
    .option(
      "--repetition-penalty <p>",
      "above 1, tokens that were there already become less likely",
    )
    .option("--seed <s>", "the same seed samples the same tokens", "0")
    .option("--stop <text>", "end where this text begins; may be repeated", several, [])
    .option("--ignore-eos", "go on behind the end token");
}

/** What was typed, as the settings of a generator. Sizes of the model are checked by the compiler. */
export function generationSettings(options: GenerationOptions): GenerationSettings {
  const temperature = number("--temperature", options.temperature, "0 or more", (t) => t >= 0);
  const topP = number("--top-p", options.topP, "more than 0 and at most 1", (p) => p > 0 && p <= 1);
  const topK = options.topK === undefined ? undefined : wholeNumber("--top-k", options.topK);
  if (temperature === 0 && (topK !== undefined || topP !== undefined)) {
    const message = "`--temperature 0` is greedy: `--top-k` and `--top-p` would have no effect";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  return {
    ...(temperature === 0 ? {} : { temperature }),
    topK,
    topP,
    repetitionPenalty: number(
      "--repetition-penalty",
      options.repetitionPenalty,
      "1 or more",
      (penalty) => penalty >= 1,
    ),
    minNewTokens:
      options.minNewTokens === undefined
        ? 0
        : wholeNumber("--min-new-tokens", options.minNewTokens),
    ignoreEnd: options.ignoreEos ?? false,
  };
}

export function maxNewTokens(options: GenerationOptions): number {
  const most = parseCount("--max-new-tokens", options.maxNewTokens);
  const least = options.minNewTokens === undefined ? 0 : Number(options.minNewTokens);
  if (least <= most) return most;
  const message = `\`--min-new-tokens ${least}\` is more than \`--max-new-tokens ${most}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}

export function wholeNumber(option: string, text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const message = `\`${option}\` takes a whole number, not \`${text}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}

/** A number of the range that `needed` says in words. */
function number(
  option: string,
  text: string | undefined,
  needed: string,
  isInRange: (value: number) => boolean,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const isNumber = text.trim() !== "" && Number.isFinite(value);
  if (isNumber && isInRange(value)) return value;
  const range = isNumber ? ` that is ${needed}` : "";
  const message = `\`${option}\` takes a number${range}, not \`${text}\``;
  throw new Failure(exitCode.usage, "bad-option", message);
}
