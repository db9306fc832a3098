import { join } from "node:path";

/** The places of a run's files: one table, so that writers and readers cannot disagree. */
export function runPaths(run: string) {
  return {
    checkpoints: join(run, "checkpoints"),
    metrics: join(run, "metrics.jsonl"),
    /** Made from the metrics. */
    charts: join(run, "loss.svg"),
    report: join(run, "report.html"),
    events: join(run, "events.tfevents"),
    /** What the run was begun with. */
    document: join(run, "run.json"),
    /** The texts that it was compiled from, by the paths that messages call them by. */
    sources: join(run, "sources"),
    /** The measured choices of kernels that it was compiled with, where there were any. */
    tuned: join(run, "tuned.json"),
    lock: join(run, "lock"),
    /** One line each: the name of a checkpoint's folder. */
    latest: join(run, "latest"),
    best: join(run, "best"),
  };
}

/** In the folder of a checkpoint. */
export const weightsFile = "weights.safetensors";
/** Means of the weights over the steps. */
export const meansFile = "ema.safetensors";

/** What the stage and the command line set in the model. */
export const settingsFile = "settings.json";

/** A folder on its way to be a checkpoint, or on its way out: whatever it holds counts for nothing. */
export const partEnding = ".part";

export function checkpointName(step: number): string {
  return `step-${step}`;
}

/** The step of a checkpoint's folder; undefined for any other name. */
export function stepOf(name: string): number | undefined {
  const [, digits] = /^step-(0|[1-9]\d{0,14})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}
