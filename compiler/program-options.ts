import type { Sampling } from "./2-check/sampling/sampling-settings.ts";

/**
 * What can be chosen about a program, beside the texts it is made from. Every entry point takes these options
 * under these names, kept plans are told apart by them, and `programFlags` says how they are typed: a new
 * option is one field here and one row below.
 */
export interface ProgramOptions {
  /**
   * Which steps of the mode to compile, each at sizes that go before those for all steps; one step may be
   * listed several times, for prompts of several lengths. Without it every step once.
   */
  readonly steps?: readonly StepRequest[] | undefined;
  /** Name of a `weights` block; without it the one that fits the checkpoint. */
  readonly layout?: string | undefined;
  /** The float that `real` stands for. Sums and norms stay f32 either way. Default: as a stage says, else `f32`. */
  readonly precision?: "f32" | "f16" | undefined;
  /** Stores weights as whole numbers of 8 or 4 bits with a scale for each 32 of them; arithmetic stays f32. */
  readonly quantize?: "int8" | "int4" | undefined;
  /**
   * Bytes that the program may hold on the device. Weights beyond that are brought to it for each run, a
   * group of layers at a time; of a stage, results are made again instead, and no weight leaves the device.
   */
  readonly memory?: number | undefined;
  /** How a step that results in logits chooses a token from them; the step then results in that token. */
  readonly sampling?: Sampling | undefined;
}

export interface StepRequest {
  readonly name: string;
  readonly sizes: Readonly<Record<string, number>>;
}

/** How an option is typed; `reads` says how its text becomes a value. */
type ProgramFlag<Value> = { readonly flag: string; readonly summary: string } & ([Value] extends [
  string,
]
  ? string extends Value
    ? { readonly reads: "text" }
    : { readonly reads: "choice"; readonly choices: readonly Value[] }
  : [Value] extends [number]
    ? { readonly reads: "bytes" }
    : [Value] extends [readonly StepRequest[]]
      ? { readonly reads: "steps" }
      : never);

type ProgramFlags = {
  readonly [Name in keyof ProgramOptions]-?:
    | ProgramFlag<NonNullable<ProgramOptions[Name]>>
    | undefined;
};

/** One row for each option; `undefined` where a command has options of its own for it. */
export const programFlags: ProgramFlags = {
  steps: {
    flag: "--step <name:axis=n,...>",
    summary:
      "compile this step of the mode, at these sizes; may be repeated, without it each step once",
    reads: "steps",
  },
  layout: {
    flag: "--layout <name>",
    summary: "a `weights` block of the file; without it the one that fits",
    reads: "text",
  },
  precision: {
    flag: "--precision <float>",
    summary: "what `real` stands for",
    reads: "choice",
    choices: ["f32", "f16"],
  },
  quantize: {
    flag: "--quantize <width>",
    summary: "store weights as whole numbers with a scale for each 32 of them",
    reads: "choice",
    choices: ["int8", "int4"],
  },
  memory: {
    flag: "--memory <size>",
    summary:
      "what the program may hold on the device, such as 4GiB; weights beyond that are brought anew for each run, results of a stage are made again",
    reads: "bytes",
  },
  sampling: undefined,
};

type CompleteOptions = {
  readonly [Name in keyof ProgramOptions]-?: ProgramOptions[Name] | undefined;
};

/** The program options among other options, each of them present. */
export function programOptionsIn(options: ProgramOptions): CompleteOptions {
  const { steps, layout, precision, quantize, memory, sampling } = options;
  return { steps, layout, precision, quantize, memory, sampling };
}
