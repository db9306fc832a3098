import { isDeepStrictEqual } from "node:util";
import type { Elaboration } from "../compile.ts";
import { programOptionsIn } from "../program-options.ts";
import type { CompileOptions } from "./compile-options.ts";
import type { RecordedLoad } from "./load/recorded-loads.ts";

/**
 * A program that was looked at before its device was known. Whoever compiles it afterwards goes on with the same
 * elaboration, and with the texts as they were then.
 */
export class Examined {
  readonly #options: CompileOptions;
  readonly #loads: readonly RecordedLoad[];
  #elaboration: Elaboration | undefined;

  constructor(options: CompileOptions, elaboration: Elaboration, loads: readonly RecordedLoad[]) {
    this.#options = compileOptionsIn(options);
    this.#elaboration = elaboration;
    this.#loads = loads;
  }

  /** The elaboration, to whoever asks first and for the same options; the others make one of their own. */
  take(options: CompileOptions): ElaboratedLoads | undefined {
    const elaboration = this.#elaboration;
    if (elaboration === undefined || !isDeepStrictEqual(compileOptionsIn(options), this.#options))
      return undefined;
    this.#elaboration = undefined;
    return { elaboration, loads: this.#loads };
  }
}

interface ElaboratedLoads {
  readonly elaboration: Elaboration;
  /** What was loaded for it. */
  readonly loads: readonly RecordedLoad[];
}

/** Leaving out an option is a type error. */
type CompleteOptions = {
  readonly [Name in keyof Required<CompileOptions>]: CompileOptions[Name];
};

/** What names a program, among the other options of whoever runs it. */
export function compileOptionsIn(options: CompileOptions): CompleteOptions {
  const { file, model, mode, cell, sizes, set, weights } = options;
  return { ...programOptionsIn(options), file, model, mode, cell, sizes, set, weights };
}
