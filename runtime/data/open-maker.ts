import { fault } from "../faults.ts";
import { InternalError } from "../internal-error.ts";
import { seedOf } from "../numbers/draws.ts";
import { loadTokenizer } from "../text/load-tokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { DecodedPictures, type PictureMemory } from "./decoded-pictures.ts";
import { openSource } from "./open-source.ts";
import { DataShares } from "./order/data-shares.ts";
import { KeyOrder, shuffledOrder } from "./order/epoch-order.ts";
import type { KeyGroups } from "./order/key-groups.ts";
import type { RecordPlan } from "./record-plan.ts";
import { type MadeSample, SampleMaker } from "./sample-maker.ts";
import type { SourceIndex } from "./source-index.ts";

/** A data set of a run. */
export interface WeightedSource {
  readonly index: SourceIndex;
  /** Its share in the samples, beside those of the others. */
  readonly weight: number;
}

/** All that the samples of a run depend on: plain data, which threads can be given. */
export interface MakerRequest {
  /** At least one. */
  readonly sources: readonly WeightedSource[];
  /** Where a stage says how often a key comes in a batch: the records of the only data set by their keys. */
  readonly groups?: KeyGroups | undefined;
  readonly plan: RecordPlan;
  /** Of each data set. */
  readonly pictures: readonly PictureMemory[];
  readonly seed: number;
  /** Files or folders of tokenizers, where some input is text. */
  readonly tokenizer: string | undefined;
  readonly questionTokenizer: string | undefined;
}

/** Makes the samples of a run by their numbers. */
interface RunMaker {
  make(number: number, placeInBatch: number): Promise<MadeSample>;
  close(): void;
}

/** Opens the data sets in this thread. */
export function openMaker({
  sources,
  groups,
  plan,
  pictures,
  seed,
  ...paths
}: MakerRequest): RunMaker {
  const tokenizer = once(paths.tokenizer);
  const questionTokenizer =
    paths.questionTokenizer === undefined ? tokenizer : once(paths.questionTokenizer);
  const opened = sources.map(({ index }, place) => {
    const source = openSource(index);
    const own = place === 0 ? seed : seedOf(seed, place);
    const order =
      groups === undefined ? shuffledOrder(index.size, own) : new KeyOrder(groups, plan.batch, own);
    const memory = pictures[place];
    if (memory === undefined) throw new InternalError(`no memory for data set ${place}`);
    const maker = new SampleMaker(source, plan, {
      seed: own,
      order,
      pictures: new DecodedPictures(memory),
      tokenizer,
      questionTokenizer,
    });
    return { source, maker };
  });
  const shares = new DataShares(
    sources.map(({ weight }) => weight),
    seed,
  );
  return {
    make(sample, placeInBatch) {
      const own = opened.length === 1 ? { source: 0, number: sample } : shares.at(sample);
      const maker = opened[own.source]?.maker;
      if (maker === undefined) throw new InternalError(`there is no data set ${own.source}`);
      return maker.make(own.number, placeInBatch);
    },
    close() {
      for (const { source } of opened) source.close();
    },
  };
}

/** Read when the first text is. */
function once(path: string | undefined): () => Tokenizer {
  let loaded: Tokenizer | undefined;
  return () => {
    if (path === undefined) throw fault("no-tokenizer", { looked: undefined });
    loaded ??= loadTokenizer(path);
    return loaded;
  };
}
