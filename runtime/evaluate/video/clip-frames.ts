// Clips as folders of pictures: which of them stand for a clip.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { DataEntry } from "../entries/data-entry.ts";
import type { StoredImage } from "../images/stored-image.ts";
import { imagesIn } from "../layouts/labelled-images.ts";
import { frameNumbers } from "./frame-numbers.ts";

/** Below the folder of the data: a folder for each clip, in it the frames, in the order of their names. */
const framesFolder = "frames";

export interface ClipFrames {
  readonly numbers: readonly number[];
  readonly images: readonly StoredImage[];
}

/**
 * So many frames of a clip.
 *
 * @throws {RuntimeFault} `data-wrong` at the entry, where there is no folder, where the clip has too few frames for the
 * rule, or where the names of frames are not in the order of their numbers.
 */
export function clipFrames(
  data: string,
  clip: string,
  frames: number,
  entry: DataEntry,
): ClipFrames {
  const folder = join(framesFolder, clip);
  if (!existsSync(join(data, folder))) throw entry.wrong(`there is no folder \`${folder}\``);
  const names = imagesIn(join(data, folder));
  const unordered = names.findIndex(
    (name, index) => numberIn(name) < numberIn(names[index - 1] ?? name),
  );
  if (unordered > 0)
    throw entry.wrong(
      `frames are taken by name, and \`${names[unordered]}\` in \`${folder}\` comes behind \`${names[unordered - 1]}\`: numbers need leading zeros`,
    );
  const numbers = frameNumbers(names.length, frames);
  if (numbers === undefined)
    throw entry.wrong(
      `\`${folder}\` has ${names.length} frames, of which the rule does not take ${frames}`,
    );
  const images = numbers.map((number) => ({ path: join(folder, names[number] ?? "") }));
  return { numbers, images };
}

/** The last number in a name without its ending. */
function numberIn(name: string): number {
  return Number(/(\d+)\D*$/.exec(name.replace(/\.\w+$/, ""))?.[1] ?? 0);
}
