// Throughput: what repeated runs took, as the numbers of InternVL's table 19.
import type { Numbers, Scored } from "../tally.ts";

/** Seconds of each run of one mode at one setting. */
export interface RunSamples {
  /** `vision_model.image = 336`; empty where nothing was changed. */
  readonly setting: string;
  readonly mode: string;
  readonly seconds: readonly number[];
}

interface Measured {
  readonly batch: number;
  /** What the numbers depend on: device, batch, precision, how many runs, tokens of one. */
  readonly about: {
    readonly device: string;
    readonly batch: number;
    readonly precision: string;
    readonly runs: number;
    readonly warmUps: number;
    readonly newTokens: number;
  };
}

/** A number of the table, from the seconds of a run. */
type Row = readonly [name: string, values: readonly number[]];

/** Medians over runs; an interval is the range from the lowest run to the highest. */
export function throughputScores(samples: readonly RunSamples[], measured: Measured): Scored {
  const { about } = measured;
  const settings = [...new Set(samples.map(({ setting }) => setting))];
  const rows = settings.flatMap((setting) => {
    const own = samples.filter((one) => one.setting === setting);
    return rowsOf(own, measured).map(
      ([name, values]): Row => [setting === "" ? name : `${name}, ${setting}`, values],
    );
  });
  const ids = Array.from({ length: about.runs }, (_, run) => `run ${run + 1}`);
  return {
    tally: { units: ids, numbers: () => medians(rows) },
    columns: rows.map(([name]) => ({ name, factor: 1 })),
    items: ids.map((id, run) => ({
      id,
      scores: Object.fromEntries(rows.map(([name, values]) => [name, values[run] ?? null])),
    })),
    ranges: Object.fromEntries(
      rows.map(([name, values]) => [name, { low: Math.min(...values), high: Math.max(...values) }]),
    ),
    details: { ...about, seconds: samples, note: noteOf(about) },
  };
}

function rowsOf(samples: readonly RunSamples[], { batch, about }: Measured): readonly Row[] {
  const times = new Map(samples.map(({ mode, seconds }) => [mode, seconds]));
  const perItem = (mode: string): readonly number[] =>
    (times.get(mode) ?? []).map((seconds) => (1000 * seconds) / batch);
  const perSecond = (mode: string, count: number): readonly number[] =>
    (times.get(mode) ?? []).map((seconds) => count / seconds);
  const encoder = perItem("features");
  const generating = times.has("caption") ? "caption" : "chat";
  const all: readonly Row[] = [
    ["ViT, ms per image", encoder],
    // What the queries take is what reading takes with the encoder, less the encoder.
    [
      "QLLaMA, ms per image",
      perItem("query_features").flatMap((both, run) => both - (encoder[run] ?? Number.NaN)),
    ],
    ["ms per text", perItem("encode_text")],
    ["images/s, C", perSecond("encode_image_c", batch)],
    ["images/s, G", perSecond("encode_image_g", batch)],
    ["tokens/s", perSecond(generating, about.newTokens)],
  ];
  return all.filter(([, values]) => values.length > 0 && values.every(Number.isFinite));
}

function medians(rows: readonly Row[]): Numbers {
  return Object.fromEntries(rows.map(([name, values]) => [name, median(values)]));
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((left, right) => left - right);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? null : (low + high) / 2;
}

function noteOf({ device, batch, precision, runs, warmUps, newTokens }: Measured["about"]): string {
  return `medians of ${runs} runs with their range, after ${warmUps} that do not count; batch ${batch}, ${precision}, ${device}; ${newTokens} tokens after the first, one image`;
}
