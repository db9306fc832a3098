import { type Command, Option } from "commander";
import type { CompileOptions } from "../../api/compile-file.ts";
import {
  parseBytes,
  parseCount,
  parseSettings,
  parseSizes,
  parseStep,
} from "./parse-assignments.ts";

/** The options by which every command names one mode of one model, as commander hands them over. */
export interface ModeOptions {
  readonly model?: string;
  readonly mode?: string;
  readonly set: readonly string[];
  readonly size: readonly string[];
  readonly step: readonly string[];
  readonly batch?: string;
  readonly weights?: string;
  readonly layout?: string;
  readonly precision?: "f32" | "f16";
  readonly quantize?: "int8" | "int4";
  /** Of commands that open a device. */
  readonly tuned?: string;
  readonly memory?: string;
}

const several = (text: string, before: readonly string[]) => [...before, text];

export function addModeOptions(command: Command): Command {
  return command
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
      "--step <name:axis=n,...>",
      "compile this step of the mode, at these sizes; may be repeated, without it each step once",
      several,
      [],
    )
    .option(
      "--weights <source>",
      "a .safetensors file, a folder with one or with shards, or random:SEED",
    )
    .option("--layout <name>", "a `weights` block of the file; without it the one that fits")
    .addOption(new Option("--precision <float>", "what `real` stands for").choices(["f32", "f16"]))
    .addOption(
      new Option(
        "--quantize <width>",
        "store weights as whole numbers with a scale for each 32 of them",
      ).choices(["int8", "int4"]),
    )
    .option(
      "--memory <size>",
      "what the program may hold on the device, such as 4GiB; weights beyond that are brought anew for each run",
    );
}

/** The same as the compiler's options. `model` and `mode` are those that the command found out. */
export function compileOptions(
  file: string,
  chosen: { readonly model: string; readonly mode: string },
  options: ModeOptions,
): CompileOptions {
  const batch = options.batch === undefined ? {} : { B: parseCount("--batch", options.batch) };
  return {
    file,
    ...chosen,
    sizes: { ...batch, ...parseSizes(options.size) },
    ...(options.step.length === 0 ? {} : { steps: options.step.map(parseStep) }),
    set: parseSettings(options.set),
    ...(options.weights === undefined ? {} : { weights: options.weights }),
    ...(options.layout === undefined ? {} : { layout: options.layout }),
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(options.quantize === undefined ? {} : { quantize: options.quantize }),
    ...(options.memory === undefined ? {} : { memory: parseBytes("--memory", options.memory) }),
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

/** What runs need beside the mode: where to leave a trace, whether to take a plan that an earlier run left. */
export interface RunningOptions {
  readonly tokenizer?: string;
  readonly profile?: string;
  readonly cache: boolean;
}

export function addRunningOptions(command: Command): Command {
  return command
    .option(
      "--tokenizer <model>",
      "a SentencePiece model for texts; without it, tokenizer.model beside the weights",
    )
    .addOption(
      new Option(
        "--profile <file>",
        "write a trace for https://ui.perfetto.dev: load, compile, every dispatch",
      ),
    )
    .option("--no-cache", "compile anew, and keep nothing for the next time");
}
