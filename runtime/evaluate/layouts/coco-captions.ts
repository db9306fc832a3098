// The form of COCO's captions: `images[].id, file_name` and `annotations[].id, image_id, caption`.
import { type DataEntry, UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument } from "../entries/read-entries.ts";

interface CaptionedImage {
  readonly id: string;
  /** The name or path that the file gives, where it gives one. */
  readonly name: string | undefined;
  /** In the order of the file; may be empty. */
  readonly captions: readonly string[];
}

/** Images in the order of the file, each with its captions. */
export function cocoCaptions(path: string, findings: Findings): readonly CaptionedImage[] {
  const document = readDocument(path);
  const captions = new Map<string, string[]>();
  const ids = new UniqueIds();
  const images = findings.each(document.list("images"), (entry) => {
    const id = entry.id("id");
    ids.add(id, entry.at("id"));
    captions.set(id, []);
    return { id, name: imageName(entry) };
  });
  const annotationIds = new UniqueIds();
  findings.each(document.list("annotations"), (entry) => {
    if (entry.has("id")) annotationIds.add(entry.id("id"), entry.at("id"));
    const image = entry.id("image_id");
    const own = captions.get(image);
    if (own === undefined) throw entry.at("image_id").wrong(`there is no image \`${image}\``);
    own.push(entry.text("caption"));
  });
  return images.map((image) => ({ ...image, captions: captions.get(image.id) ?? [] }));
}

function imageName(entry: DataEntry): string | undefined {
  const field = entry.nameOf("file_name", "image");
  return field === undefined ? undefined : entry.text(field);
}
