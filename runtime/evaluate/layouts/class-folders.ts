// Pictures in a folder for each class.
import { join } from "node:path";
import { fault } from "../../faults.ts";
import { UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readTextLines } from "../entries/read-entries.ts";
import {
  foldersIn,
  type ImageLayout,
  imagesIn,
  type LabelledImage,
  type LabelledSet,
  labelledImage,
} from "./labelled-images.ts";

interface FolderForm {
  /** Below the data; empty where the folders of classes lie there. */
  readonly folder: string;
  /**
   * How class numbers come from names of folders: their places when sorted, the names themselves, or their places
   * among the thousand of `wnids.txt`, of which the set has some.
   */
  readonly numbering?: "sorted" | "number" | "wnids";
  /** Names of classes, where they are those of the folders. */
  readonly nameOf?: (folder: string) => string;
}

export function classFolders({ folder, numbering = "sorted", nameOf }: FolderForm): ImageLayout {
  return {
    files: [join(folder, "<class>/"), ...(numbering === "wnids" ? ["wnids.txt"] : [])],
    read(data, findings) {
      const place = join(data, folder);
      const folders = foldersIn(place);
      const mask = numbering === "wnids" ? maskOf(data, folders, findings) : undefined;
      // Without the whole mask every number of a class would be another one.
      findings.assertNone();
      const items = findings
        .each(folders, (name, index) => {
          const label = numbering === "number" ? Number(name) : index;
          const reason = "the name of a folder is the number of its class, and this is none";
          if (!/^\d+$/.test(name) && numbering === "number")
            throw fault("data-wrong", { file: join(place, name), place: "", reason });
          return imagesOf(data, folder, name, label);
        })
        .flat();
      return {
        items,
        ...(numbering === "sorted" ? { classes: folders.length } : mask),
        ...(nameOf === undefined ? {} : { ownNames: folders.map(nameOf) }),
      };
    },
  };
}

/** The pictures of a class by name. A class without any is told, since an empty folder is a torn copy. */
export function imagesOf(
  data: string,
  folder: string,
  name: string,
  label: number,
): readonly LabelledImage[] {
  const place = join(data, folder, name);
  const files = imagesIn(place);
  if (files.length === 0)
    throw fault("data-wrong", { file: place, place: "", reason: "there is no picture in it" });
  return files.map((file) =>
    labelledImage(`${name}/${file}`, label, { path: join(folder, name, file) }),
  );
}

/** Numbers among ImageNet's thousand of the classes that a set of fewer has, in its own order. */
function maskOf(
  data: string,
  folders: readonly string[],
  findings: Findings,
): Pick<LabelledSet, "classes" | "kept"> {
  const path = join(data, "wnids.txt");
  const ids = new UniqueIds();
  const numbers = new Map(
    findings.each(readTextLines(path), (entry, index) => {
      const wnid = entry.asText().trim();
      ids.add(wnid, entry);
      return [wnid, index] as const;
    }),
  );
  const kept = findings.each(folders, (name) => {
    const label = numbers.get(name);
    const reason = `it has no \`${name}\``;
    if (label === undefined) throw fault("data-wrong", { file: path, place: "", reason });
    return label;
  });
  return { kept, classes: numbers.size };
}
