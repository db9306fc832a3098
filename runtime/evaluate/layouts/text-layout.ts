// What a layout of questions or captions offers: the official files of a set, as items.
import type { Findings } from "../entries/findings.ts";
import type { TextItem } from "../scores/text-item.ts";

/** How the files of one set are laid out. */
export interface TextLayout {
  /** The files below the folder of the data, as their publishers call them. */
  readonly files: readonly string[];
  /** Items in the order of the files, with images. What is wrong goes to the findings. */
  readonly read: (data: string, findings: Findings) => readonly TextItem[];
  /** The file (or folder) with the references alone, as `--references` names it: items without images. */
  readonly references: (path: string, findings: Findings) => readonly TextItem[];
}

/** `COCO_val2014_000000000042.jpg`: the name of an image of COCO by its number. */
export function cocoName(split: string, id: string): string {
  return `COCO_${split}_${id.padStart(12, "0")}.jpg`;
}
