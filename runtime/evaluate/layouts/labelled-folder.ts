// A data set as Weft fetches or takes it, as pictures with their classes: folders of classes, lines with labels, IDX files.
import { existsSync, readdirSync, statSync } from "node:fs";
import { relative } from "node:path";
import { indexSource } from "../../data/index-source.ts";
import { openSource } from "../../data/open-source.ts";
import { hasIdx, idxFilesOf } from "../../data/sources/idx.ts";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import { type ImageLayout, type LabelledImage, labelledImage } from "./labelled-images.ts";
import { idxItems } from "./raster-layouts.ts";

/**
 * The pictures of a split by the same numbers of classes that `weft train` reads. Where records have no label, or their pictures
 * are in no files of their own, that is told.
 */
export const labelledLayout: ImageLayout = {
  files: ["<class>/, captions.jsonl or IDX files"],
  read(data, findings, split) {
    const files = statSync(data, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(data) : [];
    if (hasIdx(files)) return { items: idxPictures(data, files, split) };
    return { items: records(data, findings, split) };
  },
};

function idxPictures(
  path: string,
  files: readonly string[],
  split: string | undefined,
): readonly LabelledImage[] {
  const own = idxFilesOf({ path, split }, files.toSorted());
  const [images, labels] = ["images", "labels"].map(
    (wanted) => own.find(({ what }) => what === wanted)?.file,
  );
  const reason = "it needs a file of images and one of labels, unpacked";
  if (images === undefined || labels === undefined || /\.gz$/.test(images + labels))
    throw fault("data-wrong", { file: path, place: "", reason });
  return idxItems(path, images, labels);
}

function records(
  data: string,
  findings: Findings,
  split: string | undefined,
): readonly LabelledImage[] {
  const source = openSource(indexSource({ path: data, split }));
  try {
    const numbers = Array.from({ length: source.size }, (_, number) => number);
    const found = findings.each(numbers, (number) => {
      const { name, columns } = source.record(number);
      const { image, label } = columns;
      const wrong = (reason: string) =>
        fault("data-wrong", { file: data, place: `record ${name}`, reason });
      if (label === undefined) throw wrong("it has no label");
      if (image?.kind !== "encoded" || !existsSync(image.path))
        throw wrong("its picture is no file");
      return labelledImage(name, label, { path: relative(data, image.path) });
    });
    return found.flatMap((item) => item ?? []);
  } finally {
    source.close();
  }
}
