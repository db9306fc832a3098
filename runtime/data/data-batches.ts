import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { isCounted } from "../row-lengths.ts";
import type { Batch, BatchInput, BatchSource } from "../train/batch-source.ts";
import type { RunState } from "../train/train-events.ts";
import { type BatchLayout, layoutOf, readBatch } from "./batch-layout.ts";
import { picturesOfSources } from "./decoded-pictures.ts";
import type { MakerRequest } from "./open-maker.ts";
import { assertEnoughKeys } from "./order/key-groups.ts";
import { planRecord, type RecordPlan } from "./record-plan.ts";
import type { BadRecord } from "./sample-maker.ts";
import { localPool, type SamplePool } from "./sample-pool.ts";
import { WorkerPool } from "./worker-pool.ts";

interface DataOptions extends Omit<MakerRequest, "plan" | "pictures"> {
  /** Samples of a batch. */
  readonly batch: number;
  /** Threads that make samples; 0 makes them in this one. */
  readonly workers: number;
  /** How many records may be bad. */
  readonly badRecords: number;
}

/** A batch that is being made. */
interface Pending {
  readonly first: number;
  readonly slot: number;
  readonly done: Promise<readonly BadRecord[]>;
}

/** The records of a data set as batches, made in order and ahead of time. */
export class DataBatches implements BatchSource {
  readonly path: string;
  readonly stepBytes: number;
  readonly #options: DataOptions;
  readonly #layout: BatchLayout;
  readonly #pool: SamplePool;
  readonly #pending: Pending[] = [];
  readonly #bad = new Map<string, BadRecord>();

  private constructor(options: DataOptions, layout: BatchLayout, pool: SamplePool) {
    this.path = pathOf(options.sources);
    this.stepBytes = layout.bytes;
    this.#options = options;
    this.#layout = layout;
    this.#pool = pool;
  }

  /**
   * @throws {RuntimeFault} `column-missing` or `reader-input` where the data does not have what the inputs need, `keys-too-few`
   * or `keys-uneven` where no batches can be made of it that have keys as often as a reader says.
   */
  static open(inputs: readonly BatchInput[], options: DataOptions): DataBatches {
    const { batch, workers, badRecords: _, ...rest } = options;
    const plan = planFor(inputs, options);
    const [first] = options.sources;
    if (options.groups !== undefined && first !== undefined)
      assertEnoughKeys(options.groups, batch, first.index.path);
    const sizes = options.sources.map(({ index }) => index.size);
    const request = { ...rest, plan, pictures: picturesOfSources(sizes, plan.inputs) };
    const layout = layoutOf(plan);
    const pool =
      workers === 0 ? localPool(request, layout) : new WorkerPool(request, layout, workers);
    return new DataBatches(options, layout, pool);
  }

  /** The inputs were looked at when it was opened. */
  assertFits(inputs: readonly BatchInput[], given: readonly string[]): void {
    const own = inputs.filter((input) => !given.includes(input.name) && !isCounted(input));
    planFor(own, this.#options);
  }

  /** The samples behind those that were seen. */
  async read({ samples }: Pick<RunState, "samples">): Promise<Batch> {
    if (this.#pending[0]?.first !== samples) await this.#beginAt(samples);
    const next = this.#pending.shift();
    const memory = next && this.#pool.slots[next.slot];
    if (next === undefined || memory === undefined) throw new InternalError("no batch is made");
    const bad = await next.done;
    const inputs = readBatch(this.#layout, memory);
    // The slots behind it are full, or being filled.
    this.#fill(next.slot, samples + this.#pool.slots.length * this.#layout.batch);
    return { inputs, notes: this.#noted(bad) };
  }

  close(): void {
    this.#pool.close();
  }

  /** What is under way is of no use: the run goes on elsewhere. */
  async #beginAt(sample: number): Promise<void> {
    await Promise.allSettled(this.#pending.map(({ done }) => done));
    this.#pending.length = 0;
    for (const slot of this.#pool.slots.keys())
      this.#fill(slot, sample + slot * this.#layout.batch);
  }

  #fill(slot: number, first: number): void {
    const done = this.#pool.fill(slot, first);
    // Whoever waits for it is told; until then nobody may be waiting.
    done.catch(() => {});
    this.#pending.push({ first, slot, done });
  }

  #noted(found: readonly BadRecord[]): readonly string[] {
    const { badRecords: limit } = this.#options;
    const nameOf = ({ path, number }: BadRecord) => `${number} of ${path}`;
    const fresh = found.filter((one) => !this.#bad.has(nameOf(one)));
    for (const one of fresh) this.#bad.set(nameOf(one), one);
    const all = [...this.#bad.values()];
    if (all.length > limit)
      throw fault("bad-records", {
        path: this.path,
        count: all.length,
        limit,
        records: all.slice(0, mostNamed).map(({ reason }) => reason),
      });
    return [...new Set(fresh.map(({ reason }) => `${reason}; the next record takes its place`))];
  }
}

function pathOf(sources: DataOptions["sources"]): string {
  return sources.map(({ index }) => index.path).join(", ");
}

/** Every data set has to have what the inputs need, and the plan is the same for all. */
function planFor(
  inputs: readonly BatchInput[],
  { sources, batch }: Pick<DataOptions, "sources" | "batch">,
): RecordPlan {
  const [plan] = sources.map(({ index }) => planRecord(inputs, batch, index));
  if (plan === undefined) throw new InternalError("a run without a data set");
  return plan;
}

/** Bad records whose reasons are told at the end. */
const mostNamed = 20;
