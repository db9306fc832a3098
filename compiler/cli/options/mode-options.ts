import { type Command, Option } from "commander";
import type { CompileOptions } from "../../api/compile-options.ts";
import {
  type ProgramOptions,
  programFlags,
  programOptionsIn,
  type StepRequest,
} from "../../program-options.ts";
import {
  parseBytes,
  parseCount,
  parseSettings,
  parseSizes,
  parseStep,
} from "./parse-assignments.ts";
import { several } from "./several.ts";

/** The options by which every command names one mode of one model, as commander hands them over. */
export interface ModeOptions extends ProgramOptions {
  readonly model?: string;
  readonly mode?: string;
  readonly set: readonly string[];
  readonly size: readonly string[];
  readonly batch?: string;
  readonly weights?: string;
  /** Of commands that open a device. */
  readonly tuned?: string;
}

export function addModeOptions(command: Command): Command {
  command
    .option("--model <name>", "a `model` of the file")
    .option("--mode <name>", "a `mode` of the model")
    .option(
      "--set <path=value>",
      "give a setting or an axis another value; may be repeated",
      several,
      [],
    )
    .option("--batch <n>", "the size of axis B, where the inputs do not say it")
    .option("--size <axis=n>", "the same for any free axis; may be repeated", several, [])
    .option(
      "--weights <source>",
      "a .safetensors file, a folder with one or with shards, or random:SEED",
    );
  return addProgramOptions(command, Object.keys(programFlags));
}

/** Those options of a program that are named, where they have a flag. */
export function addProgramOptions(command: Command, names: readonly string[]): Command {
  for (const [name, row] of Object.entries(programFlags))
    if (row !== undefined && names.includes(name)) command.addOption(programOption(name, row));
  return command;
}

type Row = NonNullable<(typeof programFlags)[keyof typeof programFlags]>;

/** The option of a row, read as it is typed and handed over under the name that the compiler knows. */
function programOption(name: string, row: Row): Option {
  const option = new NamedOption(name, row.flag, row.summary);
  switch (row.reads) {
    case "text":
      return option;
    case "choice":
      return option.choices(row.choices);
    case "bytes":
      return option.argParser((text) => parseBytes(`--${option.name()}`, text));
    case "steps":
      return option.argParser((text, before: readonly StepRequest[] = []) => [
        ...before,
        parseStep(text),
      ]);
  }
}

/** An option whose value is handed over under another name than its flag has. */
export class NamedOption extends Option {
  readonly #attribute: string;

  constructor(attribute: string, flag: string, summary: string) {
    super(flag, summary);
    this.#attribute = attribute;
  }

  override attributeName(): string {
    return this.#attribute;
  }
}

/** The same as the compiler's options. `model` and `mode` are those that the command found out. */
export function compileOptions(
  file: string,
  chosen: { readonly model: string; readonly mode: string },
  options: ModeOptions,
): CompileOptions {
  const batch = options.batch === undefined ? {} : { B: parseCount("--batch", options.batch) };
  return {
    ...programOptionsIn(options),
    file,
    model: chosen.model,
    mode: chosen.mode,
    sizes: { ...batch, ...parseSizes(options.size) },
    set: parseSettings(options.set),
    weights: options.weights,
  };
}

export function addDeviceOption(command: Command): Command {
  return command
    .option(
      "--device <name>",
      "auto, hardware, software, lavapipe, swiftshader, or part of an adapter's name",
      "auto",
    )
    .option(
      "--tuned <file>",
      "a table of `weft bench --tune` for this device, or `none`; without it, the one in the cache folder",
    );
}

/** How texts are read. */
export interface TextOptions {
  readonly tokenizer?: string;
  readonly specialTokens?: boolean;
}

export function addTextOptions(command: Command): Command {
  return command.option(...tokenizerOption).option(...specialTokensOption);
}

export const tokenizerOption = [
  "--tokenizer <file>",
  "a SentencePiece model or a tokenizer.json for texts; without it, the one beside the weights",
] as const;

export const specialTokensOption = [
  "--special-tokens",
  "names of special tokens in a text, such as </s>, are those tokens",
] as const;

/** What runs need beside the mode: where to leave a trace, whether to take a plan that an earlier run left. */
export interface RunningOptions extends TextOptions {
  readonly profile?: string;
  readonly seed: string;
  readonly cache: boolean;
}

export function addRunningOptions(command: Command): Command {
  return addTextOptions(command)
    .addOption(
      new Option(
        "--profile <file>",
        "write a trace for https://ui.perfetto.dev: load, compile, every dispatch",
      ),
    )
    .option("--seed <s>", "the same seed draws the same random numbers", "0")
    .option("--no-cache", "compile anew, and keep nothing for the next time");
}
