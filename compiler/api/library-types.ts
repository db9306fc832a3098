import type { DeviceHandle } from "../../runtime/device/device-handle.ts";
import type { Ending, Sequence, TokenEvent } from "../../runtime/generate/sequence.ts";
import type { EncodedImage, InputValue } from "../../runtime/input-value.ts";
import type { SessionOptions } from "../../runtime/session-options.ts";
import type { RealTensor } from "../../runtime/tensor.ts";
import type { TrainEvent } from "../../runtime/train/train-events.ts";
import type { Artifact } from "../artifact.ts";
import type { CompileOptions, StageOptions } from "./compile-options.ts";
import type { GenerationSettings, PromptInputs } from "./generate/generation-settings.ts";
import type { BenchReport } from "./text/bench-times.ts";

// What programs see of what the library gives them. Declarations only, which lead to no type of WebGPU: whoever
// compiles against them needs nothing but the language.

/** What is loaded: onto which device, with which weights and tokenizer. */
export interface LoadOptions extends CompileOptions, SessionOptions {
  /**
   * `auto` (default): a hardware adapter, else a software one. `hardware`, `software`, part of an
   * adapter's name, or a device that is open already and stays open.
   */
  readonly device?: string | DeviceHandle | undefined;
  /** Take the program from the cache folder if nothing has changed, and keep it there. Default `true`. */
  readonly cache?: boolean | undefined;
  /** A table of `weft bench --tune` for the device, or `none`; default: the one in the cache folder. */
  readonly tuned?: string | undefined;
  /**
   * A SentencePiece model or a `tokenizer.json` for inputs that are text, or a folder with one; default: the one beside
   * the weights.
   */
  readonly tokenizer?: string | undefined;
  /** Names of special tokens in texts, such as `</s>`, are those tokens. Default `false`: they are text. */
  readonly specialTokens?: boolean | undefined;
}

/** What is chosen by the generator itself: the steps, how tokens are chosen, whether beams need room. */
type GeneratorLoadOptions = Omit<LoadOptions, "steps" | "sampling" | "permutes">;

export interface GeneratorOptions extends GeneratorLoadOptions, GenerationSettings {
  /** What the prompts will be like: compiles for their length and batch only. Without it, for all lengths. */
  readonly inputs?: PromptInputs | undefined;
}

export interface ChatOptions
  extends Omit<GeneratorLoadOptions, "mode">,
    Omit<GenerationSettings, "keepLogits"> {
  /** A mode that reads its prompt `from chat(..)`. Default `chat`. */
  readonly mode?: string | undefined;
  /** For the questions that queries read, where their language model has a tokenizer of its own. */
  readonly questionTokenizer?: string | undefined;
}

/** What may differ from one run to the next, beside the inputs. */
export interface RunSettings {
  /** A whole number: the same seed draws the same random numbers, on every machine. Default 0. */
  readonly seed?: number | undefined;
}

export interface GradOptions
  extends StageOptions,
    SessionOptions,
    RunSettings,
    Pick<LoadOptions, "device" | "tuned" | "tokenizer" | "specialTokens"> {
  /** One record: a value for each input of the stage, by name. */
  readonly inputs: AnyInputs;
}

/** The loss of a stage for one record. */
export interface Gradients {
  readonly loss: number;
  /** What the stage watches, by name. */
  readonly watches: Readonly<Record<string, number>>;
  /**
   * Of the loss by every trained parameter, under the key that the checkpoint has it under (its path where there
   * is none) and in the file's shape, row-major. What is frozen, or what no gradient reaches, is not there.
   */
  readonly gradients: Readonly<Record<string, RealTensor>>;
}

export interface TrainingOptions
  extends StageOptions,
    SessionOptions,
    RunSettings,
    Pick<LoadOptions, "device" | "tuned"> {
  /**
   * A `.safetensors` file with one tensor for each input of the record, by its name: element n of its first axis is
   * the input in step n. Behind the last the file begins anew. Phases may have one each, by their names.
   */
  readonly batches?: string | Readonly<Record<string, string>> | undefined;
  /**
   * In the place of `batches`, a data set that the readers of the stage make their inputs from: a folder or a file; or several
   * with the weight of each, above 0, by which samples are drawn from them. Default: those that the stage names.
   */
  readonly data?: string | Readonly<Record<string, number>> | undefined;
  /** Records of the data set whose field `split` is this. */
  readonly split?: string | undefined;
  /** Threads that read data. Default: one for each core but one, at most 8. Their number changes no bit. */
  readonly workers?: number | undefined;
  /** How many records that cannot be read are passed over before the run ends. Default 100. */
  readonly badRecords?: number | undefined;
  /** For texts of data. Default: the one beside the weights. */
  readonly tokenizer?: string | undefined;
  /** For `from questions(..)`, where their language model has a tokenizer of its own. */
  readonly questionTokenizer?: string | undefined;
  /**
   * Records that are not trained on, as `batches` or `data` give those that are: with each checkpoint their loss is logged, of
   * weights as a run of the folder takes them, and the one with the lowest is kept as the best.
   */
  readonly heldOut?: string | Readonly<Record<string, string>> | undefined;
  /**
   * The held-out records are measured after so many steps, and at the end, in the place of each checkpoint: a checkpoint of
   * another step is not compared.
   */
  readonly heldOutEvery?: number | undefined;
  /** Of the held-out data set, or where there is none of the one that is trained on, records whose field `split` is this. */
  readonly heldOutSplit?: string | undefined;
  /** The folder of the run: checkpoints, metrics, and what it was begun with. */
  readonly out: string;
  /**
   * Steps in all, in the place of the stage's `steps`, `epochs` or `until`; schedules end with them. Of several phases
   * those that would begin later are left out, and the last one ends there. Where neither says it, one pass over the
   * records.
   */
  readonly steps?: number | undefined;
  /**
   * Keep in memory what frozen parts make of each sample, where they make the same of it each time: from the second pass over
   * the records on it is not computed again. The program is another one then, and its last bits may differ. Default `false`;
   * `true` for the cells of a study.
   */
  readonly keepFrozen?: boolean | undefined;
  /** A checkpoint after so many steps, beside the one at the end. */
  readonly saveEvery?: number | undefined;
  /** How many checkpoints stay beside the best one. Default 3. */
  readonly keep?: number | undefined;
  /** Go on with the run in the folder, with the same options; without it a run there is not touched. */
  readonly resume?: boolean | undefined;
  /** Go on though the texts, the program or the batches are other ones. */
  readonly force?: boolean | undefined;
  /**
   * Where a loss is not finite, the step is run again kernel by kernel from the newest checkpoint on, to find the line and
   * the part where that begins. Costs nothing before.
   */
  readonly guard?: boolean | undefined;
  /** An `AbortSignal`, for instance: the step that is going on ends, a checkpoint is written, and the run is done. */
  readonly signal?: { readonly aborted: boolean } | undefined;
}

/**
 * A run, ready for its next step on a device. It is gone through once: `for await (const event of run)`. The end of that,
 * or a break of the loop, disposes it; a break leaves no checkpoint of the steps since the last one.
 */
export interface TrainingRun extends OnDevice, AsyncIterable<TrainEvent> {
  /** Steps that are done. */
  readonly from: number;
  /** Steps in all. */
  readonly steps: number;
}

/** What may differ from one text to the next. */
export interface TextOptions extends RunSettings {
  /** Default 64. */
  readonly maxNewTokens?: number | undefined;
  /** Texts that end the generated text, which does not include them. */
  readonly stops?: readonly string[] | undefined;
}

/** What is on a device until it is disposed. */
interface OnDevice {
  /** What runs: kernels, plan, parameters, and the shapes of inputs and outputs. */
  readonly artifact: Artifact;
  /** The adapter's name, and whether the CPU plays its part. */
  readonly device: { readonly name: string; readonly isSoftware: boolean };
  /** Frees the memory on the device, and closes the device where it was opened for this. */
  dispose(): void;
}

/**
 * One mode of one model, ready on a device. Inputs and outputs are records by the names in the `.weft`
 * file; tensors are row-major in the written order of axes. Real numbers are f32 on this side.
 */
export interface LoadedMode<Inputs extends object, Outputs extends object> extends OnDevice {
  /**
   * Runs the mode once: one submit, nothing allocated on the device.
   *
   * @throws {RuntimeFault} `input-unknown`, `input-missing`, `value-unusable`, `wrong-shape` or `wrong-element`
   * where the inputs do not fit, before the device has any work; else what is wrong with a file or the device.
   */
  run(inputs: Inputs, settings?: RunSettings): Promise<Outputs>;
  /** Times every kernel on these inputs: medians over `runs` runs (5), in milliseconds. `profileText` prints it. */
  profile(inputs: Inputs, runs?: number): Promise<BenchReport>;
}

/** A mode with a prompt and further tokens, ready on a device. */
export interface TextGenerator extends OnDevice {
  /** Lengths that prompts are padded to; longer ones are a fault. */
  readonly promptLengths: readonly number[];
  /**
   * Tokens as they come, with the text that each of them completes.
   *
   * @throws {RuntimeFault} where an input does not fit, a prompt is too long, or there are beams.
   */
  stream(inputs: PromptInputs, options?: TextOptions): AsyncGenerator<TokenEvent>;
  /** The whole text of every sequence of the batch; with beams, the best one. */
  complete(inputs: PromptInputs, options?: TextOptions): Promise<readonly Sequence[]>;
}

/** What one answer took. */
export interface AnswerNote {
  readonly ending: Ending;
  readonly tokens: number;
  readonly promptTokens: number;
  /** The length that the prompt was padded to. */
  readonly bucket: number;
}

/** A dialogue with a model: its history, its image, and one answer at a time. */
export interface Dialogue extends OnDevice {
  /** Begins anew, with this image or, if there is none, with the one that was there. */
  begin(image?: string | EncodedImage): Promise<void>;
  /**
   * The answer as it comes; what it took is returned at the end. A break of the loop ends the answer.
   *
   * @throws {RuntimeFault} where the prompt is too long, or there are beams.
   */
  stream(question: string, options?: TextOptions): AsyncGenerator<string, AnswerNote>;
  /** The whole answer; with beams, the best one. */
  ask(question: string, options?: TextOptions): Promise<string>;
}

/** The inputs of a mode whose types nobody wrote down. `weft export --to ts` writes them. */
export type AnyInputs = Readonly<Record<string, InputValue>>;
