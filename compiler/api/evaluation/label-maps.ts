import { existsSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { maskPicture } from "../../../runtime/evaluate/written/mask-picture.ts";
import { fault } from "../../../runtime/faults.ts";
import { writeAtomically } from "../../../runtime/files/atomic-write.ts";
import { decodeImage } from "../../../runtime/images/decode-image.ts";
import type { LabelledPixels } from "./segment-photo.ts";

/** Of a map of labels the numbers in its file: row by row. */
interface LabelMap {
  readonly width: number;
  readonly height: number;
  readonly labels: Uint8Array;
}

export async function readLabelMap(path: string): Promise<LabelMap> {
  if (!existsSync(path)) throw fault("file-missing", { path });
  try {
    const { data, info } = await sharp(path)
      .extractChannel(0)
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, labels: data };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fault("not-an-image", { path, reason });
  }
}

/** The place of a photo's labels in a folder: from 1, as the data count them. */
function labelPath(folder: string, id: string): string {
  return join(folder, "labels", `${id}.png`);
}

/** What an earlier run has written of a photo. */
export async function knownLabels(
  folder: string | undefined,
  id: string,
  photo: string,
): Promise<LabelledPixels | undefined> {
  if (folder === undefined || !existsSync(labelPath(folder, id))) return undefined;
  const { labels } = await readLabelMap(labelPath(folder, id));
  return { photo: await decodeImage(photo), labels: labels.map((label) => label - 1) };
}

/** The labels as a map, and the picture of photo, truth and prediction. The map comes last: it says that both are there. */
export async function writeLabels(
  folder: string,
  id: string,
  { photo, labels }: LabelledPixels,
  truth: LabelMap,
  names: readonly string[],
): Promise<void> {
  const reduced = truth.labels.map((label) => (label === 0 ? 255 : label - 1));
  const picture = await maskPicture(photo, reduced, labels, names);
  writeAtomically(join(folder, "pictures", `${id}.png`), [picture]);
  const { width, height } = photo;
  const map = sharp(
    labels.map((label) => label + 1),
    { raw: { width, height, channels: 1 } },
  );
  const bytes = await map.toColourspace("b-w").png().toBuffer();
  writeAtomically(labelPath(folder, id), [bytes]);
}
