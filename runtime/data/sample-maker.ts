import { existsSync } from "node:fs";
import { fault, RuntimeFault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { type DrawnSample, drawsOf } from "../numbers/draws.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { DataRecord, DataSource } from "./data-source.ts";
import type { DecodedPictures } from "./decoded-pictures.ts";
import { isMixed, mixOf } from "./mix.ts";
import type { EpochOrder } from "./order/epoch-order.ts";
import { placeOfSample } from "./order/sample-order.ts";
import type { Made, SampleContext } from "./reader.ts";
import { readerOf } from "./readers/reader-registry.ts";
import type { RecordPlan } from "./record-plan.ts";

/** A record that cannot be read. */
export interface BadRecord {
  /** Of the data set. */
  readonly path: string;
  /** In it. */
  readonly number: number;
  readonly name: string;
  readonly reason: string;
}

interface MakerOptions {
  readonly seed: number;
  readonly order: EpochOrder;
  readonly pictures: DecodedPictures;
  readonly tokenizer: () => Tokenizer;
  readonly questionTokenizer: () => Tokenizer;
}

/** A sample of a record: what was made for each of its inputs, in the order of the plan. */
export interface MadeSample {
  readonly made: readonly Made[];
  readonly bad: readonly BadRecord[];
}

/** Makes the samples of a data set by their numbers. What it gives depends on the number alone. */
export class SampleMaker {
  readonly #source: DataSource;
  readonly #plan: RecordPlan;
  readonly #options: MakerOptions;

  constructor(source: DataSource, plan: RecordPlan, options: MakerOptions) {
    this.#source = source;
    this.#plan = plan;
    this.#options = options;
  }

  /**
   * Sample `number` of those of the data set, which stands at a place of its batch.
   *
   * @throws {RuntimeFault} `bad-records` where nothing near its record can be read, `data-missing` where all is gone, and what
   * is wrong with more than records.
   */
  async make(number: number, placeInBatch: number): Promise<MadeSample> {
    const sample = placeOfSample(number, this.#options.order.size);
    const bad: BadRecord[] = [];
    const made = await this.#recordOf(sample, bad, (record, number) =>
      this.#inputsOf({ record, number }, sample, placeInBatch, bad),
    );
    return { made, bad };
  }

  async #inputsOf(
    found: { readonly record: DataRecord; readonly number: number },
    sample: DrawnSample,
    placeInBatch: number,
    bad: BadRecord[],
  ): Promise<readonly Made[]> {
    const { seed, order, pictures, tokenizer, questionTokenizer } = this.#options;
    const { size } = order;
    const { inputs, batch } = this.#plan;
    const made = new Map<string, Made>();
    const draws: SampleContext["draws"] = (site, of = sample) => drawsOf(seed, of, site);
    const mix = mixOf(inputs.find(isMixed), sample, size, draws("mix"));
    for (const input of inputs) {
      const one = await readerOf(input)?.read({
        ...found,
        input,
        inputs,
        sample,
        placeInBatch,
        batch,
        size,
        draws,
        mix,
        pictures,
        tokenizer,
        questionTokenizer,
        recordOf: (other, read) => this.#recordOf(other, bad, read),
        made(name) {
          const before = made.get(name);
          if (before === undefined) throw new InternalError(`${name} is not made yet`);
          return before;
        },
      });
      if (one === undefined) throw new InternalError(`${input.name} has no reader`);
      made.set(input.name, one);
    }
    return [...made.values()];
  }

  /** What is read of a sample's record: of another one where it is bad. */
  async #recordOf<T>(
    sample: DrawnSample,
    bad: BadRecord[],
    read: (record: DataRecord, number: number) => T | Promise<T>,
  ): Promise<T> {
    const { size, path } = this.#source;
    const { order } = this.#options;
    const most = Math.min(size, mostInARow);
    const names: string[] = [];
    for (let turn = 0; turn < most; turn++) {
      const number = order.recordAt(sample, turn);
      let name = `record ${number}`;
      try {
        const record = this.#source.record(number);
        name = record.name;
        return await read(record, number);
      } catch (error) {
        if (!(error instanceof RuntimeFault) || !recordFaults.has(error.code)) throw error;
        // Where all is gone, no record is to blame.
        if (error.code === "file-missing" && !existsSync(path))
          throw fault("data-missing", { path });
        bad.push({ path, number, name, reason: error.message });
        names.push(error.message);
      }
    }
    throw fault("bad-records", {
      path,
      count: names.length,
      limit: most - 1,
      records: names.slice(0, 5),
    });
  }
}

/** What may be wrong with one record alone. */
const recordFaults: ReadonlySet<string> = new Set([
  "not-an-image",
  "file-missing",
  "file-unreadable",
  "file-truncated",
  "bad-conversation",
  "record-unusable",
]);
/** Behind so many bad records in a row there is no good one to be expected. */
const mostInARow = 1000;
