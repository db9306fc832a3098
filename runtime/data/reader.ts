import type { InputForm } from "../../compiler/artifact.ts";
import type { DrawnSample, Draws } from "../numbers/draws.ts";
import type { Tensor } from "../tensor.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { ColumnName, DataRecord } from "./data-source.ts";
import type { DecodedPictures } from "./decoded-pictures.ts";

/** An input as one sample sees it. */
export interface SampleInput {
  readonly name: string;
  readonly element: Tensor["element"];
  /** Without the axis of samples. */
  readonly shape: readonly number[];
  /** As the stage writes it; undefined where the input takes the column of its name. */
  readonly reader: InputForm["reader"];
}

/** What a reader makes for one sample. */
export interface Made {
  /** As many numbers as the input has for a sample. */
  readonly data: Tensor["data"];
  /** Of rows that are padded, how many elements each has of its own. */
  readonly lengths?: readonly number[];
  /** Of pictures, in pixels before they were cut and resized. */
  readonly from?: { readonly width: number; readonly height: number } | undefined;
  /** For the readers that are of this input: which of its ids are answers, and what was asked. */
  readonly labels?: readonly number[];
  readonly questions?: readonly string[];
}

/** Two samples become one. */
export interface Mix {
  /** What this sample is mixed with. */
  readonly partner: DrawnSample;
  /** Share of this sample in the targets. */
  readonly share: number;
  /** Rows and columns that are the partner's alone; undefined where all pixels are a mean of both. */
  readonly cut:
    | {
        readonly top: number;
        readonly left: number;
        readonly bottom: number;
        readonly right: number;
      }
    | undefined;
}

/** What a reader may look at. */
export interface SampleContext {
  readonly input: SampleInput;
  /** All inputs that are made of the record. */
  readonly inputs: readonly SampleInput[];
  readonly record: DataRecord;
  /** Of the record, in the data set. */
  readonly number: number;
  readonly sample: DrawnSample;
  /** Place in the batch, and how many samples that has. */
  readonly placeInBatch: number;
  readonly batch: number;
  /** Numbers that this sample draws for a place of the record, or for what several readers share. */
  readonly draws: (site: string, sample?: DrawnSample) => Draws;
  /** The record of another sample of the same epoch: the next one that can be read. */
  readonly recordOf: <T>(
    sample: DrawnSample,
    read: (record: DataRecord, number: number) => T | Promise<T>,
  ) => Promise<T>;
  /** How many samples an epoch has. */
  readonly size: number;
  /** What was made for another input of this sample before. */
  readonly made: (name: string) => Made;
  readonly mix: Mix | undefined;
  readonly pictures: DecodedPictures;
  readonly tokenizer: () => Tokenizer;
  /** For questions, where their language model has a tokenizer of its own. */
  readonly questionTokenizer: () => Tokenizer;
}

/** Makes one sample of an input from the columns of a record: the same for the same record, settings and draws. */
export interface DataReader {
  /** Columns that every record needs to have. */
  readonly columns: (input: SampleInput) => readonly ColumnName[];
  /** What is wrong with the form of the input; undefined where it fits. */
  readonly misfit: (input: SampleInput, others: readonly SampleInput[]) => string | undefined;
  readonly read: (context: SampleContext) => Made | Promise<Made>;
}
