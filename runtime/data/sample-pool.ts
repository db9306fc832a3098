import type { BatchLayout } from "./batch-layout.ts";
import { writeSample } from "./batch-layout.ts";
import { type MakerRequest, openMaker } from "./open-maker.ts";
import type { BadRecord } from "./sample-maker.ts";

/** Makes batches of samples in slots of memory. */
export interface SamplePool {
  /** Memory of a slot. */
  readonly slots: readonly ArrayBufferLike[];
  /** Fills a slot with the samples from `first` on. Gives the records that were bad, in the order of the samples. */
  fill(slot: number, first: number): Promise<readonly BadRecord[]>;
  close(): void;
}

/** Makes them in this thread, when they are asked for. */
export function localPool(request: MakerRequest, layout: BatchLayout): SamplePool {
  const memory = new ArrayBuffer(layout.bytes);
  const maker = openMaker(request);
  return {
    slots: [memory],
    close: () => maker.close(),
    async fill(_, first) {
      const bad: BadRecord[] = [];
      for (let place = 0; place < layout.batch; place++) {
        const sample = await maker.make(first + place, place);
        writeSample(layout, memory, place, sample.made);
        bad.push(...sample.bad);
      }
      return bad;
    },
  };
}
