import { nearestNames } from "../../diagnostics/suggest.ts";
import type { ElaboratedMode } from "../modes/elaborate-mode.ts";
import type { ChosenCheckpoint } from "./checkpoint-of.ts";
import type { ElaboratedCheckpoint } from "./elaborate-checkpoint.ts";
import { dimensionSize } from "./grid-shape.ts";
import { keysOf } from "./map-keys.ts";
import type { UnreadTensor } from "./unread-tensors.ts";

/** What becomes of every tensor of a file and of every parameter of a mode; plain data. */
export interface CheckpointSurvey {
  /** Name of the `weights` block; undefined where keys are paths. */
  readonly layout: string | undefined;
  /** Tensors that the model stores as it is declared, before the file gives it its sizes. */
  readonly stored: number;
  /** The blocks of the model, and keys as paths: tensors of the model that the file has under each. */
  readonly candidates: readonly {
    readonly layout: string | undefined;
    readonly found: number;
    readonly settings: number;
    readonly lacking: number;
  }[];
  /** What the configuration of the checkpoint gave to the model. */
  readonly settings: Readonly<Record<string, number | boolean | string>>;
  readonly reads: readonly SurveyedRead[];
  readonly unread: readonly SurveyedTensor[];
}

interface SurveyedRead {
  readonly parameter: string;
  readonly shape: readonly number[];
  /** Empty where the parameter is initialised. */
  readonly keys: readonly string[];
  /** Shape of the tensor that is resampled to `shape`. */
  readonly resampledFrom: readonly number[] | undefined;
  readonly problem: "missing" | "misshapen" | undefined;
  /** Keys of the file that may be meant by one that is missing. */
  readonly nearest: readonly string[];
}

export interface SurveyedTensor extends UnreadTensor {
  /** Keys that were looked for in vain and may be meant by one that is unexpected. */
  readonly nearest: readonly string[];
}

export function surveyCheckpoint(
  { checker, stored }: Pick<ElaboratedMode, "checker" | "stored">,
  chosen: ChosenCheckpoint,
  { reads, unread }: ElaboratedCheckpoint,
): CheckpointSurvey {
  const shapes = new Map(
    stored.map(({ path, dimensions }) => [
      path,
      dimensions.map((one) => dimensionSize(one, (axis) => checker.sizes.valueOf(axis.size) ?? 0)),
    ]),
  );
  const missing = reads.flatMap(({ problem }) => (problem?.kind === "missing" ? problem.key : []));
  let searches = 0;
  const nearestMissing = (key: string): readonly string[] =>
    searches++ < mostSearches ? nearestNames(key, missing) : [];
  return {
    layout: chosen.layout?.block.name.text,
    stored: chosen.stored,
    candidates: chosen.candidates.map(({ layout, found, settings, lacking }) => ({
      layout: layout?.block.name.text,
      found,
      settings,
      lacking,
    })),
    settings: Object.fromEntries(chosen.overrides.map(({ path, value }) => [path, value])),
    reads: reads.map(({ parameter, source, resample, problem }) => ({
      parameter,
      shape: shapes.get(parameter) ?? [],
      keys: source === undefined ? [] : keysOf(source),
      resampledFrom: resample?.shape,
      problem: problem?.kind,
      nearest: problem?.kind === "missing" ? problem.nearest : [],
    })),
    unread: unread.map((tensor) => ({
      ...tensor,
      nearest: tensor.because === "unexpected" ? nearestMissing(tensor.key) : [],
    })),
  };
}

/** The first of many tell what went wrong. */
const mostSearches = 24;
