import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runWeft } from "../support/texts/run-weft.ts";

/** Numbers of the released scorers; a copy of this project without them still has tests of every metric. */
const oracle = join(import.meta.dirname, "../../../shared/oracle/metrics");
const isThere = existsSync(oracle);
if (!isThere) console.warn(`skipped: there is no ${oracle}`);

const folder = mkdtempSync(join(tmpdir(), "weft-eval-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Report {
  readonly numbers: Readonly<Record<string, number | null>>;
  readonly details: Readonly<Record<string, unknown>>;
}
type ItemScores = Readonly<Record<string, unknown>>;

/** What `weft eval` says of predictions in a file, and the scores of each item. */
async function score(task: string, file: string, ...args: string[]) {
  const out = join(folder, "out");
  const { stdout, stderr, exitCode } = await runWeft([
    ...["eval", "--task", task, "--predictions", join(oracle, file)],
    ...["--draws", "0", "--json", "--out", out, ...args],
  ]);
  expect(stderr).toBe("");
  expect(exitCode, stdout).toBe(0);
  const { tasks } = JSON.parse(stdout) as { tasks: [Report] };
  const lines = readFileSync(join(out, "predictions.jsonl"), "utf8").trim().split("\n");
  const items = lines.map((line) => (JSON.parse(line) as { scores: ItemScores }).scores);
  return { ...tasks[0], items };
}

/** The documents of the oracle have a form each. */
const read = (file: string) => JSON.parse(readFileSync(join(oracle, file), "utf8"));

describe.skipIf(!isThere)("weft eval scores as the released scorers do", () => {
  const captions = isThere ? Object.keys(read("captions.json")) : [];

  test.each(captions)("captions: %s", async (set) => {
    const { scores } = read("captions.json")[set];
    const file = `captions.json#/${set}/items`;
    const found = await score("captioning", file, "--caption-tokenizer", "none");
    const bleu = (values: ItemScores) => [1, 2, 3, 4].map((n) => values[`BLEU-${n}`]);
    expect(bleu(found.numbers)).toEqual(scores.BLEU);
    expect(found.numbers["ROUGE-L"]).toBe(scores.ROUGE_L);
    expect(near(found.numbers.CIDEr, scores.CIDEr)).toBe(true);
    const each = scores.per_image;
    expect(found.items.map(bleu)).toEqual(
      found.items.map((_, image) => each.BLEU.map((values: number[]) => values[image])),
    );
    expect(found.items.map((values) => values["ROUGE-L"])).toEqual(each.ROUGE_L);
    expect(found.items.map(({ CIDEr }, image) => near(CIDEr, each.CIDEr[image]))).not.toContain(
      false,
    );
  });

  test("VQA accuracy by both rules", async () => {
    const { items, ...wanted } = read("vqa_accuracy.json");
    const vqa = await score("vqa:vqav2", "vqa_accuracy.json#/items");
    expect(vqa.numbers.accuracy).toBe(wanted.vqa_eval_overall_percent);
    const accuracies = (found: { items: readonly ItemScores[] }) =>
      found.items.map(({ accuracy }) => accuracy);
    expect(accuracies(vqa)).toEqual(
      items.map((item: { vqa_eval_percent: number }) => item.vqa_eval_percent),
    );
    const text = await score("vqa:textvqa", "vqa_accuracy.json#/items");
    expect(text.numbers.accuracy).toBe(wanted.textvqa_overall);
    expect(accuracies(text)).toEqual(
      items.map((item: { textvqa_score: number }) => item.textvqa_score),
    );
  });

  test("ANLS", async () => {
    const wanted = read("anls.json");
    const found = await score("vqa:docvqa", "anls.json#/items");
    expect(found.numbers.ANLS).toBe(wanted.score);
    expect(found.items.map(({ ANLS }) => ANLS)).toEqual(
      wanted.items.map((item: { score: number }) => item.score),
    );
  });

  test("relaxed accuracy", async () => {
    const wanted = read("relaxed_accuracy.json");
    const found = await score("vqa:chartqa", "relaxed_accuracy.json#/items");
    expect(found.numbers).toEqual({
      "relaxed accuracy": wanted.relaxed_accuracy,
      "exact match": wanted.exact_match_accuracy,
    });
    expect(found.items.map((item) => [item["relaxed accuracy"], item["exact match"]])).toEqual(
      wanted.items.map((item: { correct: boolean; exact_match: number }) => [
        item.correct ? 1 : 0,
        item.exact_match,
      ]),
    );
  });

  test("POPE", async () => {
    const { mean_f1: mean, ...categories } = read("pope.json");
    const found = await score("pope", "pope.json");
    expect(found.numbers["mean F1"]).toBe(mean);
    const named = Object.entries(categories as Record<string, Record<string, unknown>>);
    expect(found.details.categories).toEqual(
      Object.fromEntries(
        named.map(([name, one]) => [
          name,
          {
            truePositive: one.TP,
            falsePositive: one.FP,
            trueNegative: one.TN,
            falseNegative: one.FN,
            accuracy: one.accuracy,
            precision: one.precision,
            recall: one.recall,
            f1: one.f1,
            yesRatio: one.yes_ratio,
          },
        ]),
      ),
    );
    expect(found.items.map(({ parsed }) => parsed)).toEqual(named.flatMap(([, one]) => one.parsed));
  });

  test("MME", async () => {
    const wanted = read("mme.json");
    const { numbers } = await score("mme", "mme.json");
    const { perception, cognition, ...subtasks } = numbers;
    expect(perception).toBe(wanted.perception_total);
    expect(cognition).toBe(wanted.cognition_total);
    expect(subtasks).toEqual(wanted.task_scores);
  });

  test.each(["five_captions", "uneven"])("retrieval: %s", async (set) => {
    const wanted = read("retrieval.json")[set];
    const { numbers } = await score("retrieval", `retrieval.safetensors:${set}`);
    for (const depth of [1, 5, 10]) {
      expect(numbers[`text to image R@${depth}`]).toBe(wanted[`image_retrieval_recall@${depth}`]);
      expect(numbers[`image to text R@${depth}`]).toBe(wanted[`text_retrieval_recall@${depth}`]);
    }
  });

  test.each(["plain", "reduce_zero_label"])("mIoU: %s", async (set) => {
    const wanted = read("miou.json")[set];
    const { numbers, details } = await score(
      ...(["segmentation", `miou.safetensors:${set}`, "--classes"] as const),
      String(wanted.num_classes),
      ...(wanted.reduce_zero_label ? [] : ["--no-reduce-zero"]),
    );
    expect(numbers).toEqual({ mIoU: wanted.mIoU, mAcc: wanted.mAcc, aAcc: wanted.aAcc });
    expect(details).toEqual({
      iou: wanted.IoU,
      accuracy: wanted.Acc,
      intersection: wanted.intersect,
      union: wanted.union,
      predicted: wanted.area_pred,
      labelled: wanted.area_label,
    });
  });

  test("zero-shot classification", async () => {
    const wanted = read("zero_shot.json");
    const { numbers } = await score("zero_shot", "zero_shot.safetensors");
    expect(numbers).toEqual({
      "top-1": wanted.top1,
      "top-5": wanted.top5,
      "mean recall per class": wanted.mean_per_class_recall,
    });
  });
});

/**
 * Equal but for the last two bits. The toolkit's logarithms come from a library of vectors whose last bit depends on the
 * machine: with `log 3` one bit lower than it is, the four captions of `short_candidates` agree to the last bit.
 */
function near(found: unknown, wanted: number): boolean {
  return Math.abs(Number(found) - wanted) <= 4 * Number.EPSILON * Math.max(1, Math.abs(wanted));
}
