// What a layout of pictures with classes offers.
import { existsSync, readdirSync } from "node:fs";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import type { StoredImage } from "../images/stored-image.ts";
import type { ClassItem } from "../scores/class-scores.ts";

export type LabelledImage = ClassItem & StoredImage;

export interface LabelledSet {
  /** In the official order. */
  readonly items: readonly LabelledImage[];
  /** How many classes the data have, where they say so. A classifier of as many is needed: one more or less moves them all. */
  readonly classes?: number;
  /** The names that the data give the classes, by their numbers. */
  readonly ownNames?: readonly string[];
  /** Of a set with a part of the classes: their numbers among all. Labels are places in this list. */
  readonly kept?: readonly number[];
}

export interface ImageLayout {
  /** The files below the folder of the data, as their publishers call them. */
  readonly files: readonly string[];
  /** Of the split where the data have several, which those that were published have not. */
  readonly read: (data: string, findings: Findings, split?: string) => LabelledSet;
}

/** An item whose unit is its picture. */
export function labelledImage(
  id: string,
  label: number,
  image: StoredImage,
  unit: string = id,
): LabelledImage {
  return { id, unit, labels: [label], ...image };
}

/** The names of the folders in a folder, sorted as texts by their code units. */
export function foldersIn(place: string): readonly string[] {
  if (!existsSync(place)) throw fault("file-missing", { path: place });
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/** The names of the pictures in a folder, sorted. */
export function imagesIn(place: string): readonly string[] {
  return readdirSync(place)
    .filter((name) => /\.(jpe?g|png|webp|bmp|tiff?|ppm)$/i.test(name))
    .sort();
}
