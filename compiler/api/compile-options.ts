import type { ProgramOptions } from "../program-options.ts";

/** What to compile, named as a person names it. */
export interface CompileOptions extends ProgramOptions {
  /** The `.weft` file: a path, a `file:` URL, or a text that lies on no disk. */
  readonly file: string | FileUrl | SourceText;
  /** A `model` of the file. */
  readonly model: string;
  /** A `mode` of the model. */
  readonly mode: string;
  /** Sizes of the mode's free axes by name, such as `{ B: 8 }`. What is not given is 1. */
  readonly sizes?: Readonly<Record<string, number | undefined>> | undefined;
  /** Settings and owned axes by path, as `--set` takes them: `{ image: 448 }`. */
  readonly set?: Readonly<Record<string, number | boolean | string>> | undefined;
  /** A checkpoint (file or folder) whose `config.json` and shapes the program is made for, or `random:SEED`. */
  readonly weights?: string | undefined;
  /** The model is that of a cell of an experiment of the file, as its stage has it; then `set` changes nothing in it. */
  readonly cell?: CellOption | undefined;
}

/** Which phase of which stage, named as a person names it. */
export interface StageOptions extends Pick<ProgramOptions, "layout" | "precision" | "memory"> {
  /** The `.weft` file: a path, a `file:` URL, or a text that lies on no disk. */
  readonly file: CompileOptions["file"];
  readonly stage: string;
  /** Needed where the stage has several. */
  readonly phase?: string | undefined;
  /**
   * A cell of an experiment of the file, by `Cell.identity` of `resolveStudy`: the stage is compiled as that cell has
   * it. Overrides and replaced parts of the cell come behind those of model, stage and phase, and before `set`; its data
   * sets and its start are those of the stage then. `stage` and `phase` are those of the `Cell`, the stage may stand in an
   * imported file, and how long the cell trains is for `steps` to say (`Cell.steps`).
   */
  readonly cell?: CellOption | undefined;
  /** Sizes of the record's axes by name. Without them as the record says, or a piece of the stage's batch for `B`. */
  readonly sizes?: Readonly<Record<string, number | undefined>> | undefined;
  /** Samples that are computed at a time, in the place of `by` in the stage's `batch n by m`. */
  readonly piece?: number | undefined;
  /** Settings and owned axes by path, as `--set` takes them; they go before those of the stage. */
  readonly set?: Readonly<Record<string, number | boolean | string>> | undefined;
  /**
   * A checkpoint (file or folder), several as `PREFIX=FILE` or `PREFIX=FILE:BELOW`, whose keys then begin with
   * `PREFIX.` in the place of `BELOW.`, or `random:SEED`. Of a file whose keys begin with `PREFIX.` already, those
   * alone are taken unless `BELOW` is said.
   */
  readonly weights?: string | readonly string[] | undefined;
  /** A JSON file in the place of the `config.json` beside the checkpoint. */
  readonly config?: string | undefined;
}

/** A cell of an experiment, known by what it resolves to. */
export interface CellOption {
  readonly experiment: string;
  readonly identity: string;
  /** What it is called: cells of that name are looked at first, which spares making the models of the others. */
  readonly name?: string | undefined;
}

/** What a `URL` has of this: no library of types is needed to read the declaration. */
interface FileUrl {
  readonly protocol: string;
  readonly href: string;
}

/** A program as text. It may import `std/...`, and what `imports` holds. */
export interface SourceText {
  readonly text: string;
  /** What messages call it. Default `text.weft`. */
  readonly path?: string | undefined;
  /** Texts of imports by the specifier that is written: `{ "./layers": "module ..." }`. */
  readonly imports?: Readonly<Record<string, string>> | undefined;
}
