import { describeData } from "../../../../runtime/data/describe-data.ts";
import { indexSource } from "../../../../runtime/data/index-source.ts";
import { findData } from "../../../../runtime/datasets/find-data.ts";
import { exitCode, Failure } from "../../../api/failure.ts";
import type { Host } from "../../host.ts";
import { wholeNumber } from "../../options/generation-options.ts";
import { parseCount, parseSettings } from "../../options/parse-assignments.ts";
import { startProgress } from "../progress.ts";
import { writeJson } from "../write-json.ts";
import { dataText } from "./data-text.ts";
import { type StageSight, viewBatch } from "./stage-sheet.ts";

/** The options of `weft data`, as commander hands them over. */
export interface LookOptions {
  readonly split?: string;
  readonly stage?: string;
  readonly set: readonly string[];
  readonly batch?: string;
  readonly seed: string;
  readonly sheet?: string;
  readonly json?: boolean;
}

/** Reads all of a data set, says what it holds, and shows it as a stage sees it. */
export async function lookAtData(data: string, options: LookOptions, host: Host): Promise<void> {
  const sight = sightOf(options);
  const index = indexSource({ path: findData(data), split: options.split });
  // What is wrong with the stage is told before thousands of pictures are looked at.
  const view = sight && (await viewBatch(index, sight));
  const progress = startProgress(host, "looking", index.size);
  const found = await describeData(index, progress.update).finally(progress.finish);
  if (options.json === true) {
    writeJson(host, { ...found, ...(view && { stage: view }) });
    return;
  }
  host.result(dataText(found, host.resultStyle));
  if (view === undefined) return;
  for (const { name, reader, shape } of view.inputs)
    host.result(
      `${name.padEnd(12)} [${shape.join(", ")}] from ${reader === undefined ? "the column of its name" : `${reader}(..)`}\n`,
    );
  if (options.sheet !== undefined)
    host.result(`sheet        ${options.sheet}, ${view.drawn} pictures of the first batch\n`);
}

function sightOf({ stage, set, batch, seed, sheet }: LookOptions): StageSight | undefined {
  if (stage === undefined) {
    if (sheet === undefined) return undefined;
    const message = "--sheet shows what a stage sees: say which with --stage FILE:STAGE";
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  const [, file, name, phase] = /^(.+):(\w+)(?:\.(\w+))?$/.exec(stage) ?? [];
  if (file === undefined || name === undefined) {
    const message = `--stage takes FILE:STAGE or FILE:STAGE.PHASE, and got \`${stage}\``;
    throw new Failure(exitCode.usage, "bad-option", message);
  }
  return {
    stage: {
      file,
      stage: name,
      phase,
      set: parseSettings(set),
      sizes: batch === undefined ? {} : { B: parseCount("--batch", batch) },
    },
    seed: wholeNumber("--seed", seed),
    sheet,
  };
}
