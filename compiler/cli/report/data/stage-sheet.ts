import { contactSheet, picturesOf } from "../../../../runtime/data/contact-sheet.ts";
import { DataBatches } from "../../../../runtime/data/data-batches.ts";
import { wantedGroups } from "../../../../runtime/data/order/key-groups.ts";
import { planRecord } from "../../../../runtime/data/record-plan.ts";
import type { SourceIndex } from "../../../../runtime/data/source-index.ts";
import { writeAtomically } from "../../../../runtime/files/atomic-write.ts";
import { batchInputs, batchSamples } from "../../../../runtime/train/batch-inputs.ts";
import type { StageOptions } from "../../../api/compile-options.ts";
import { compileStageFile } from "../../../api/compile-stage-file.ts";
import { exitCode, Failure } from "../../../api/failure.ts";
import { stageOutline } from "../../../api/training/stage-outline.ts";

/** How a stage looks at a data set. */
export interface StageSight {
  readonly stage: StageOptions;
  readonly seed: number;
  /** A PNG for the pictures of the first batch; undefined for a look at the columns alone. */
  readonly sheet: string | undefined;
}

/** What a stage makes of a data set. */
interface StageView {
  /** Samples of a batch. */
  readonly samples: number;
  readonly inputs: readonly {
    readonly name: string;
    /** Undefined where the input takes the column of its name. */
    readonly reader: string | undefined;
    readonly shape: readonly number[];
  }[];
  /** Pictures on the sheet. */
  readonly drawn: number;
}

/**
 * Looks whether a data set has what the readers of a stage need, and draws the pictures of a run's first batch as the
 * model sees them.
 *
 * @throws {CompileError} where the stage is wrong; {RuntimeFault} `column-missing`, `reader-input`, or what is wrong with
 * the records of the batch; {Failure} where there are no pictures to draw.
 */
export async function viewBatch(
  index: SourceIndex,
  { stage, seed, sheet }: StageSight,
): Promise<StageView> {
  const { artifact } = compileStageFile(stage);
  const [outline] = stageOutline(stage).phases;
  const inputs = batchInputs(artifact).map((input) => {
    const place = outline?.inputs.find(({ name }) => name === input.name)?.place;
    return { ...input, place };
  });
  const batch = batchSamples(artifact);
  planRecord(inputs, batch, index);
  const view = {
    samples: batch,
    inputs: inputs.map(({ name, reader, shape }) => ({
      name,
      reader: reader?.name,
      shape: shape.map(({ size }) => size),
    })),
  };
  if (sheet === undefined) return { ...view, drawn: 0 };
  // What else the batch has needs tokenizers, and is not seen on a sheet.
  const pictured = inputs.filter(({ reader }) => reader?.name === "image");
  if (pictured.length === 0)
    throw new Failure(exitCode.input, "no-images", `\`${stage.stage}\` reads no pictures`);
  const batches = DataBatches.open(pictured, {
    sources: [{ index, weight: 1 }],
    groups: wantedGroups(inputs, [index]),
    seed,
    batch,
    workers: 0,
    badRecords: index.size,
    tokenizer: undefined,
    questionTokenizer: undefined,
  });
  try {
    const made = await batches.read({ samples: 0 });
    const pictures = Object.values(made.inputs).flatMap((tensor) => picturesOf(tensor));
    const shown = pictures.slice(0, mostShown);
    writeAtomically(sheet, [await contactSheet(shown)]);
    return { ...view, drawn: shown.length };
  } finally {
    batches.close();
  }
}

/** More cannot be looked at on one sheet. */
const mostShown = 256;
