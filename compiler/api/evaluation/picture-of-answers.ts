import { existsSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import type { TextItem } from "../../../runtime/evaluate/scores/text-item.ts";
import type { Scored } from "../../../runtime/evaluate/tally.ts";
import { answerPicture, photoPlace } from "../../../runtime/evaluate/written/answer-picture.ts";
import type { WrittenFile } from "../../../runtime/evaluate/written/result-files.ts";

/** So many are enough to see what a model says. */
const shown = 12;

interface Answers {
  readonly items: readonly TextItem[];
  readonly outputs: readonly string[];
  readonly scored: Scored;
}

/** `answers.svg`: the first photos with question, answer and what people said. */
export async function pictureOfAnswers(
  data: string,
  title: string,
  { items, outputs, scored }: Answers,
): Promise<WrittenFile> {
  const answered = await Promise.all(
    items.slice(0, shown).map(async ({ image, question, references }, index) => ({
      photo: await smallPhoto(join(data, image)),
      question,
      answer: outputs[index] ?? "",
      references,
      score: Object.entries(scored.items[index]?.scores ?? {})
        .map(([name, value]) => `${name} ${typeof value === "number" ? round(value) : value}`)
        .join(", "),
    })),
  );
  return { name: "answers.svg", text: answerPicture(title, answered) };
}

async function smallPhoto(path: string): Promise<Uint8Array | undefined> {
  if (!existsSync(path)) return undefined;
  const { width, height } = photoPlace;
  // Twice as many pixels as its place, for those who look closer.
  const size = { width: 2 * width, height: 2 * height, fit: "inside" } as const;
  return sharp(path).rotate().toColourspace("srgb").resize(size).jpeg({ quality: 80 }).toBuffer();
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
