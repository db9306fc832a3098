import type { InputForm } from "../../compiler/artifact.ts";
import type { Tensor } from "../tensor.ts";
import type { RunState } from "./train-events.ts";

/** What is asked of an input that a record has. */
export interface BatchInput extends Pick<InputForm, "name" | "element" | "shape" | "reader"> {
  /** Where it is written, `FILE:LINE`, for who looks for what is wrong with it. */
  readonly place?: string | undefined;
}

/** The inputs of one step. */
export interface Batch {
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** What people should know of these records: that they begin anew, that some were replaced. */
  readonly notes: readonly string[];
}

/** Where the records of a run come from, a batch at a time. */
export interface BatchSource {
  /** What messages call it. */
  readonly path: string;
  /** Bytes of one batch. */
  readonly stepBytes: number;
  /**
   * Has it what a record needs, and nothing else? `given` are inputs that do not come from it.
   *
   * @throws {RuntimeFault} with what is missing or unknown.
   */
  assertFits(inputs: readonly BatchInput[], given: readonly string[]): void;
  /**
   * The batch of the step behind `state`. It depends on the state alone, and not on what was read before; what is likely to be
   * asked for next may be made beforehand.
   */
  read(state: RunState, inputs: readonly BatchInput[]): Promise<Batch>;
  close(): void;
}
