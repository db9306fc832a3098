import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { writeTextFile } from "../../../../runtime/evaluate/written/evaluation-folder.ts";
import { evaluateModel } from "../../evaluation/evaluate-model.ts";
import { SharedPrograms } from "../../evaluation/shared-programs.ts";
import { openOn } from "../../open-loaded.ts";
import { measuresFolder } from "../folder/study-paths.ts";
import type { Measure } from "../study.ts";
import type { Measured } from "../work/cell-work.ts";
import { measuredValues, type TrainedCell } from "./measure-task.ts";
import type { OpenEvaluation } from "./open-measures.ts";

/** Items that are embedded at a time, where a measure says nothing else. */
const usualBatch = 64;
/** Frames of a clip that are looked at, as `weft eval` does. */
const usualFrames = 8;

/** Runs a trained cell through tasks of `weft eval`, all on one device; modes that several of them want are opened once. */
export async function evaluateCell(
  { folder, document, cell, run }: TrainedCell,
  evaluations: readonly OpenEvaluation[],
): Promise<Measured> {
  const {
    tuned,
    device: select,
    tokenizer,
    questionTokenizer,
    precision,
    memory,
  } = document.training;
  return openOn({ device: select }, async (device, isOwner) => {
    const model = {
      file: join(folder, document.file),
      model: document.study.model,
      cell: { experiment: document.study.name, identity: cell.identity, name: cell.name },
      weights: run,
      ...{ tokenizer, questionTokenizer, tuned, precision, memory, device },
    };
    const programs = new SharedPrograms(model, { keeps: evaluations.length > 1 });
    try {
      let values: Measured["values"] = {};
      const pictures: string[] = [];
      for (const { measure, task, data } of evaluations) {
        const place = join(measuresFolder, measure.name);
        const target = join(run, place);
        const request = { ...requestOf(measure), model, programs, data, folder: target };
        const { scored, resultFiles } = await evaluateModel(task, request);
        for (const { name, text } of resultFiles) writeTextFile(join(target, name), text);
        const numbers = scored.tally.numbers();
        const own = measuredValues(measure, (field) => numbers[task.numbers[field] ?? field]);
        values = { ...values, ...own };
        pictures.push(...picturesIn(target).map((name) => join(place, name)));
      }
      return { values, pictures };
    } finally {
      programs.dispose();
      if (isOwner) device.dispose();
    }
  });
}

/** What a measure asks, in the terms of `weft eval`. */
function requestOf({ settings }: Measure) {
  const textOf = (name: string): string | undefined => {
    const value = settings[name];
    return typeof value === "string" ? value : undefined;
  };
  const countOf = (name: string): number | undefined => {
    const value = settings[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    split: textOf("split"),
    mode: textOf("mode"),
    prompts: textOf("prompts"),
    limit: countOf("limit"),
    beams: countOf("beams"),
    maxNewTokens: countOf("max_new_tokens"),
    batch: countOf("batch") ?? usualBatch,
    frames: countOf("frames") ?? usualFrames,
    language: textOf("language") ?? "en",
    dualSoftmax: settings.dual_softmax === true,
    allowMissing: false,
    // Of throughput, which studies do not measure: step times are columns of every report.
    ...{ modes: [], runs: 0, warmUps: 0, newTokens: 0, at: [] },
  };
}

function picturesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => name.endsWith(".png"));
}
