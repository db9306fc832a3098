import { availableParallelism } from "node:os";
import { DataBatches } from "../../../runtime/data/data-batches.ts";
import { indexSource } from "../../../runtime/data/index-source.ts";
import type { WeightedSource } from "../../../runtime/data/open-maker.ts";
import {
  epochSamples,
  type KeyGroups,
  wantedGroups,
} from "../../../runtime/data/order/key-groups.ts";
import { findData } from "../../../runtime/datasets/find-data.ts";
import { fault } from "../../../runtime/faults.ts";
import type { FileIdentity } from "../../../runtime/files/file-hash.ts";
import { tokenizerBeside } from "../../../runtime/text/load-tokenizer.ts";
import { batchInputs, batchSamples } from "../../../runtime/train/batch-inputs.ts";
import { firstFileOf } from "../../../runtime/weights/weight-source.ts";
import type { TrainingOptions } from "../library-types.ts";
import { sha256 } from "../load/digest.ts";
import type { PhaseRecords, TrainingRecords } from "./run-records.ts";
import type { PhaseOutline, StageOutline } from "./stage-outline.ts";

/**
 * Looks at the data sets of a run: those that are asked for, else those that each phase names.
 *
 * @throws {RuntimeFault} `data-unsaid` where there are none, and what is wrong with them.
 */
export function recordsOfData(options: TrainingOptions, outline: StageOutline): TrainingRecords {
  const opened = new Map<string, WeightedSource["index"]>();
  const indexOf = (name: string): WeightedSource["index"] => {
    const index = opened.get(name) ?? indexSource({ path: findData(name), split: options.split });
    opened.set(name, index);
    return index;
  };
  const phases = outline.phases.map((phase) => {
    const sources = namedData(options, phase).map(({ name, weight }) => ({
      index: indexOf(name),
      weight,
    }));
    return [phase.phase, recordsOfPhase(options, phase, sources)] as const;
  });
  const found = new Map(phases);
  return {
    name: "data set",
    identity: identityOfSources(phases.map(([, { sources }]) => sources)),
    ofPhase(phase) {
      const own = found.get(phase) ?? phases[0]?.[1];
      if (own === undefined) throw fault("data-unsaid", { found: undefined });
      return own;
    },
  };
}

function namedData({ data }: TrainingOptions, phase: PhaseOutline): PhaseOutline["data"] {
  if (data === undefined && phase.data.length === 0)
    throw fault("data-unsaid", { found: undefined });
  if (data === undefined) return phase.data;
  if (typeof data === "string") return [{ name: data, weight: 1 }];
  return Object.entries(data).map(([name, weight]) => ({ name, weight }));
}

interface DataRecords extends PhaseRecords {
  readonly sources: readonly WeightedSource[];
}

/** What differs between phases of one data set is how many samples a step takes. */
function recordsOfPhase(
  options: TrainingOptions,
  { batch: said, inputs }: PhaseOutline,
  sources: readonly WeightedSource[],
): DataRecords {
  const { weights, sizes, workers, badRecords, tokenizer, questionTokenizer } = options;
  const batch = sizes?.B ?? said ?? 1;
  const indexes = sources.map(({ index }) => index);
  let groups: KeyGroups | undefined;
  const grouped = (): KeyGroups | undefined => {
    groups ??= wantedGroups(inputs, indexes);
    return groups;
  };
  /** A pass over the keys, where the stage says how often one comes in a batch; else as many samples as there are records. */
  const epochSize = (): number => {
    const found = grouped();
    return found === undefined
      ? indexes.reduce((sum, { size }) => sum + size, 0)
      : epochSamples(found);
  };
  const places = new Map(inputs.map(({ name, place }) => [name, place]));
  return {
    sources,
    stepsPerEpoch: epochSize() / batch,
    wholeBatches: (samples) => Math.max(1, Math.floor(epochSize() / samples)),
    shapeOf: () => undefined,
    open: (artifact, seed) =>
      DataBatches.open(
        batchInputs(artifact).map((input) => ({ ...input, place: places.get(input.name) })),
        {
          sources,
          groups: grouped(),
          seed,
          batch: batchSamples(artifact),
          workers: workers ?? usualWorkers(),
          badRecords: badRecords ?? usualBadRecords,
          tokenizer: tokenizer ?? tokenizerBeside(weights && firstFileOf(weights)),
          questionTokenizer,
        },
      ),
  };
}

/** Of one data set its own; else a hash of what each phase draws from, by weight. */
function identityOfSources(phases: readonly (readonly WeightedSource[])[]): FileIdentity {
  const different = new Map(
    phases.map((sources) => {
      const texts = sources.map(({ index, weight }) => `${weight} ${index.hash}`);
      return [texts.join("\n"), sources] as const;
    }),
  );
  const all = [...different.values()].flat();
  const [only] = all;
  const bytes = all.reduce((sum, { index }) => sum + index.size, 0);
  if (all.length === 1 && only !== undefined) return { bytes, sha256: only.index.hash };
  return { bytes, sha256: sha256([...different.keys()].join("\n\n")) };
}

/** One core is the run's own. */
function usualWorkers(): number {
  return Math.min(8, Math.max(1, availableParallelism() - 1));
}

/** How many bad records are passed over where nobody says it. */
const usualBadRecords = 100;
