import { existsSync } from "node:fs";
import { join } from "node:path";
import { findData } from "../../../../runtime/datasets/find-data.ts";
import { captionedFolder } from "../../../../runtime/evaluate/layouts/captioned-folder.ts";
import type { RetrievalTask } from "../../../../runtime/evaluate/tasks/task-registry.ts";
import { fault } from "../../../../runtime/faults.ts";
import { evaluateRetrieval } from "../../evaluation/evaluate-retrieval.ts";
import { SharedPrograms } from "../../evaluation/shared-programs.ts";
import { openOn } from "../../open-loaded.ts";
import type { MeasureTask } from "./measure-task.ts";

/** Items that are embedded at a time. */
const batch = 64;
/** Of texts in several languages. */
const language = "en";

/**
 * Pictures of a captioned data set by the first text of each and texts by their picture, with the modes `encode_image_c` and
 * `encode_text` of the cell: `image_r1` is the share of texts, 0 to 1, that find their picture first, `text_r1` that of pictures that
 * find their text.
 */
export const measureRetrieval: MeasureTask = {
  async run({ folder, document, cell, run, measure }) {
    const { dataset, split } = measure.settings;
    const data = findData(String(dataset));
    if (!existsSync(join(data, "captions.jsonl")))
      throw fault("eval-request", {
        reason: `\`${measure.name}\` cannot be measured: \`${data}\` has no captions.jsonl`,
        hint: "studies measure retrieval on folders with captions, such as `weft data get` makes",
      });
    const task: RetrievalTask = {
      kind: "retrieval",
      name: `retrieval:${String(dataset)}`,
      rows: [],
      summary: "images by captions and captions by images: recall",
      unit: "image with its caption",
      rule: "recall",
      layout: captionedFolder(typeof split === "string" ? split : undefined),
      isCleaned: false,
    };
    const { tuned, device: select, tokenizer, precision, memory } = document.training;
    const place = join("measures", measure.name);
    return openOn({ device: select }, async (device, isOwner) => {
      const model = {
        file: join(folder, document.file),
        model: document.study.model,
        cell: { experiment: document.study.name, identity: cell.identity, name: cell.name },
        weights: run,
        ...{ tokenizer, tuned, precision, memory, device },
      };
      const programs = new SharedPrograms(model, { keeps: false });
      try {
        const { scored } = await evaluateRetrieval(task, {
          ...{ model, programs, data },
          batch,
          language,
          dualSoftmax: false,
          allowMissing: false,
          frames: 1,
          folder: join(run, place),
        });
        const drawn = join(place, "retrieved.png");
        const pictures = existsSync(join(run, drawn)) ? [drawn] : [];
        return { values: valuesOf(scored.tally.numbers()), pictures };
      } finally {
        programs.dispose();
        if (isOwner) device.dispose();
      }
    });
  },
};

function valuesOf(numbers: Readonly<Record<string, number | null>>): Record<string, number> {
  const rows = [1, 5, 10].flatMap((depth) => [
    [`image_r${depth}`, numbers[`text to image R@${depth}`] ?? Number.NaN] as const,
    [`text_r${depth}`, numbers[`image to text R@${depth}`] ?? Number.NaN] as const,
  ]);
  return Object.fromEntries(rows);
}
