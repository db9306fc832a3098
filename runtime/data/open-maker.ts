import { fault } from "../faults.ts";
import { loadTokenizer } from "../text/load-tokenizer.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { openSource } from "./open-source.ts";
import type { RecordPlan } from "./record-plan.ts";
import { SampleMaker } from "./sample-maker.ts";
import type { SourceIndex } from "./source-index.ts";

/** All that the samples of a run depend on: plain data, which threads can be given. */
export interface MakerRequest {
  readonly index: SourceIndex;
  readonly plan: RecordPlan;
  readonly seed: number;
  /** Files or folders of tokenizers, where some input is text. */
  readonly tokenizer: string | undefined;
  readonly questionTokenizer: string | undefined;
}

/** Opens the data set in this thread. */
export function openMaker({ index, plan, seed, ...paths }: MakerRequest): {
  readonly maker: SampleMaker;
  readonly close: () => void;
} {
  const source = openSource(index);
  const tokenizer = once(paths.tokenizer);
  const questionTokenizer =
    paths.questionTokenizer === undefined ? tokenizer : once(paths.questionTokenizer);
  const maker = new SampleMaker(source, plan, { seed, tokenizer, questionTokenizer });
  return { maker, close: () => source.close() };
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
