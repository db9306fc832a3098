// ObjectNet: of its folders those whose objects ImageNet has too.
import { join } from "node:path";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readTextLines } from "../entries/read-entries.ts";
import { imagesOf } from "./class-folders.ts";
import { foldersIn, type ImageLayout } from "./labelled-images.ts";

const images = "objectnet-1.0/images";
const files = {
  labels: "folder_to_objectnet_label.json",
  classes: "objectnet_to_imagenet_1k.json",
  numbers: "pytorch_to_imagenet_2012_id.json",
  names: "imagenet_to_label_2012_v2",
} as const;

/**
 * Classes are the mapped folders in the order of their names, called as ObjectNet calls them, in lower case. The border of
 * the pictures is not cut off, as the released reader does not either.
 */
export const objectnetLayout: ImageLayout = {
  files: [`${images}/<folder>/`, ...Object.values(files)],
  read(data, findings) {
    const nameOf = new Map(
      findings.each(readDocument(join(data, files.labels)).members(), ([folder, name]) => [
        folder,
        name.asText(),
      ]),
    );
    const folderOf = new Map([...nameOf].map(([folder, name]) => [name, folder]));
    const known = imagenetNames(data, findings);
    const mapped = findings.each(
      readDocument(join(data, files.classes)).members(),
      ([name, own]) => {
        for (const one of own.asText().split("; "))
          if (!known.has(one)) throw own.wrong(`ImageNet has no class \`${one}\``);
        const folder = folderOf.get(name);
        if (folder === undefined) throw own.wrong(`no folder of ${files.labels} is \`${name}\``);
        return folder;
      },
    );
    findings.assertNone();
    const there = new Set(foldersIn(join(data, images)));
    const folders = mapped.toSorted();
    const items = findings.each(folders, (folder, label) => {
      if (!there.has(folder))
        throw readDocument(join(data, files.labels)).at(folder).wrong("there is no such folder");
      return imagesOf(data, images, folder, label);
    });
    return {
      items: items.flat(),
      ownNames: folders.map((folder) => (nameOf.get(folder) ?? "").toLowerCase()),
    };
  },
};

/** ImageNet's names of 2012, each line of which a second file gives its number in the usual order. */
function imagenetNames(data: string, findings: Findings): ReadonlySet<string> {
  const numbered = readDocument(join(data, files.numbers));
  const lines = new Set(
    findings.each(numbered.members(), ([, line]) => {
      if (!Number.isInteger(line.value)) throw line.wrong("the number of a line is needed");
      return line.asNumber();
    }),
  );
  const names = findings.each(readTextLines(join(data, files.names)), (entry, index) => {
    if (!lines.has(index)) throw entry.wrong(`${files.numbers} has no class for it`);
    return entry.asText().trim();
  });
  return new Set(names);
}
