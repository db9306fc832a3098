import {
  type RunSamples,
  throughputScores,
} from "../../../runtime/evaluate/scores/throughput-scores.ts";
import type { ThroughputTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { beginRun } from "../../../runtime/evaluate/written/run-record.ts";
import { fault } from "../../../runtime/faults.ts";
import { modelIdentity } from "./evaluated-model.ts";
import type { EvaluationRequest, TimingRequest } from "./evaluation-request.ts";
import type { ScoredFiles } from "./score-files.ts";
import { subjectOf } from "./subject-of.ts";
import { runsOfMode, secondsOfTokens } from "./time-runs.ts";

/** Modes whose whole runs are timed; each is a part of InternVL's table 19 under its name here. */
const timedModes = [
  "features",
  "query_features",
  "encode_image_c",
  "encode_image_g",
  "encode_text",
];
const generatingModes = ["caption", "chat"];

/** Times what the modes of a model take: table 19, once for each of the settings that are asked for. */
export async function evaluateThroughput(
  task: ThroughputTask,
  request: EvaluationRequest & TimingRequest,
): Promise<ScoredFiles> {
  const { model, programs, modes, batch, runs, warmUps, newTokens, folder, onProgress } = request;
  const wanted = [...timedModes, ...generatingModes].filter((mode) => modes.includes(mode));
  if (wanted.length === 0)
    throw fault("eval-request", {
      reason: `\`${model.model}\` has no mode that is timed: ${modes.join(", ")}`,
      hint: `there are times of ${[...timedModes, ...generatingModes].join(", ")}`,
    });
  // What is open already would be in the way.
  programs.dispose();
  const settings = request.at.length === 0 ? [{}] : request.at;
  const samples: RunSamples[] = [];
  for (const [place, own] of settings.entries())
    for (const [index, mode] of wanted.entries()) {
      const setting = Object.entries(own).map(([path, value]) => `${path} = ${value}`);
      const timed = { ...model, set: { ...model.set, ...own } };
      const seconds = generatingModes.includes(mode)
        ? await secondsOfTokens(timed, mode, { runs, warmUps, newTokens })
        : await runsOfMode(timed, mode, { runs, warmUps, batch });
      samples.push({ setting: setting.join(", "), mode, seconds });
      onProgress?.(place * wanted.length + index + 1, settings.length * wanted.length);
    }
  const precision = model.precision ?? "f32";
  const about = { device: model.device.name, batch, precision, runs, warmUps, newTokens };
  if (folder !== undefined)
    beginRun(
      folder,
      { task: task.name, model: modelIdentity(model), at: request.at, ...about },
      {},
    );
  const scored = throughputScores(samples, { batch, about });
  return {
    subject: subjectOf(task, { items: runs, all: runs }),
    scored,
    lines: scored.items.map(({ id }) => ({ task: task.name, id, input: {}, output: null })),
    resultFiles: [],
  };
}
