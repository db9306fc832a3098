// Captioning: which images are asked for, and what people wrote about them.
import { join } from "node:path";
import { UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument } from "../entries/read-entries.ts";
import type { TextItem } from "../scores/text-item.ts";
import { cocoCaptions } from "./coco-captions.ts";
import type { TextLayout } from "./text-layout.ts";

/** The test part of COCO's Karpathy split: questions name images, a second file has the captions. */
export const cocoCaptioning: TextLayout = {
  files: ["coco_karpathy_test.json", "coco_karpathy_test_gt.json", "val2014/"],
  read(data, findings) {
    const document = readDocument(join(data, "coco_karpathy_test.json"));
    const known = new Map(
      cocoCaptions(join(data, "coco_karpathy_test_gt.json"), findings).map((image) => [
        image.id,
        image.captions,
      ]),
    );
    const ids = new UniqueIds();
    return findings.each(document.elements(), (entry) => {
      const image = entry.text("image");
      const digits = /_(\d+)\.\w+$/.exec(image)?.[1];
      if (digits === undefined) throw entry.at("image").wrong("no number stands behind its last _");
      const id = String(Number(digits));
      ids.add(id, entry.at("image"));
      const references = known.get(id);
      if (references === undefined) throw entry.at("image").wrong(`\`${id}\` has no captions`);
      return captionItem(id, image, references);
    });
  },
  references: captionReferences,
};

/** Flickr30K's test part: one file with images and captions. */
export const flickrCaptioning: TextLayout = oneFile("flickr30k_test_karpathy.json", "Images");

/** The validation part of NoCaps. */
export const nocapsCaptioning: TextLayout = oneFile("nocaps_val_4500_captions.json", "images");

function oneFile(file: string, folder: string): TextLayout {
  return {
    files: [file, `${folder}/`],
    read: (data, findings) =>
      findings.each(cocoCaptions(join(data, file), findings), ({ id, name, captions }) =>
        captionItem(id, join(folder, name ?? `${id}.jpg`), captions),
      ),
    references: captionReferences,
  };
}

function captionReferences(path: string, findings: Findings): readonly TextItem[] {
  return cocoCaptions(path, findings).map(({ id, captions }) => captionItem(id, "", captions));
}

function captionItem(id: string, image: string, references: readonly string[]): TextItem {
  return { id, unit: id, image, question: "", references };
}
