import { join } from "node:path";
import { storedPixels } from "../../../runtime/evaluate/images/stored-image.ts";
import { topClasses } from "../../../runtime/evaluate/metrics/class-ranks.ts";
import type { EmbeddedPairs } from "../../../runtime/evaluate/metrics/embedding-places.ts";
import { rowProducts } from "../../../runtime/evaluate/metrics/row-products.ts";
import { normalisedRows } from "../../../runtime/evaluate/metrics/zero-shot-classifier.ts";
import type { Scored } from "../../../runtime/evaluate/tally.ts";
import type { RetrievalTask, VideoTask } from "../../../runtime/evaluate/tasks/task-registry.ts";
import { retrievalGrid, thumbnailSide } from "../../../runtime/evaluate/written/retrieval-grid.ts";
import { writePicture } from "../../../runtime/evaluate/written/write-picture.ts";
import { fitImage } from "../../../runtime/images/fit-image.ts";
import { writeSafetensors } from "../../../runtime/weights/write-safetensors.ts";
import type { Embeddings } from "./embeddings/gathered.ts";
import type { ScoredFiles } from "./score-files.ts";
import { subjectOf } from "./subject-of.ts";

/** So many queries are drawn each way. */
const drawn = { texts: 8, pictures: 4 } as const;
const found = 5;

interface Shown {
  /** Of videos, a frame. */
  readonly pictures: readonly { readonly path: string }[];
  readonly texts: readonly string[];
  readonly pairs: EmbeddedPairs;
  readonly data: string;
  readonly folder: string | undefined;
}

/** `retrieved.png`: what the first captions and pictures of the set find. */
export async function drawRetrieved({
  pictures,
  texts,
  pairs,
  data,
  folder,
}: Shown): Promise<void> {
  if (folder === undefined) return;
  const { width, imageOfText } = pairs;
  const [captionRows, pictureRows] = [
    normalisedRows(pairs.texts, width),
    normalisedRows(pairs.images, width),
  ];
  const best = (queries: Float32Array, gallery: Float32Array, query: number) => {
    const own = queries.subarray(query * width, (query + 1) * width);
    return topClasses(rowProducts(own, gallery, width), found);
  };
  const thumbnail = (index: number) => thumbnailOf(data, pictures[index]?.path ?? "");
  const byText = await Promise.all(
    firstTexts(imageOfText).map(async (text) => ({
      text: texts[text] ?? "",
      found: await Promise.all(
        best(captionRows, pictureRows, text).map(async (picture) => ({
          picture: await thumbnail(picture),
          isRight: imageOfText[text] === picture,
        })),
      ),
    })),
  );
  const byPicture = await Promise.all(
    pictures.slice(0, drawn.pictures).map(async (_, picture) => ({
      picture: await thumbnail(picture),
      found: best(pictureRows, captionRows, picture).map((text) => ({
        text: texts[text] ?? "",
        isRight: imageOfText[text] === picture,
      })),
    })),
  );
  await writePicture(join(folder, "retrieved.png"), retrievalGrid(byText, byPicture));
}

/** The first caption of each of the first pictures. */
function firstTexts(imageOfText: readonly number[]): readonly number[] {
  const firsts = new Map<number, number>();
  for (const [text, image] of imageOfText.entries())
    if (!firsts.has(image)) firsts.set(image, text);
  return [...firsts.values()].slice(0, drawn.texts);
}

/** The middle of a picture, at twice the size in which it is drawn. */
async function thumbnailOf(data: string, path: string): Promise<Uint8Array> {
  const side = 2 * thumbnailSide;
  const fitted = fitImage(await storedPixels(data, { path }), side, side, "crop");
  const { default: sharp } = await import("sharp");
  const raw = { width: side, height: side, channels: 3 } as const;
  return sharp(fitted.data, { raw }).jpeg({ quality: 85 }).toBuffer();
}

interface RetrievedParts {
  /** What each item of the scores was: first pictures, then texts. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  readonly items: number;
  /** How many the set has without a limit. */
  readonly all: number;
  readonly folder: string | undefined;
  readonly embeddings: Readonly<Record<string, Embeddings>>;
}

/** Scores and written files of a search both ways. */
export function retrievedFiles(
  task: RetrievalTask | VideoTask,
  scored: Scored,
  { inputs, items, all, folder, embeddings }: RetrievedParts,
): ScoredFiles {
  if (folder !== undefined) {
    const tensors = Object.entries(embeddings).map(([name, { data, width }]) => {
      const shape = [width === 0 ? 0 : data.length / width, width];
      return [name, { element: "f32", shape, data }] as const;
    });
    writeSafetensors(join(folder, "embeddings.safetensors"), Object.fromEntries(tensors));
  }
  return {
    subject: subjectOf(task, { items, all }),
    scored,
    lines: scored.items.map(({ id }, index) => ({
      task: task.name,
      id,
      input: inputs[index] ?? {},
      output: null,
    })),
    resultFiles: [],
  };
}
