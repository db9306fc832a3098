// Sets whose pictures and classes stand in lists, in the folders that torchvision makes of the archives.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type DataEntry, UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readTextLines } from "../entries/read-entries.ts";
import {
  type ImageLayout,
  imagesIn,
  type LabelledImage,
  labelledImage,
} from "./labelled-images.ts";

/** The places of names, each of which stands there once. */
function placesOf(
  entries: readonly DataEntry[],
  nameOf: (entry: DataEntry) => string,
  findings: Findings,
): ReadonlyMap<string, number> {
  const ids = new UniqueIds();
  return new Map(
    findings.each(entries, (entry, index) => {
      const name = nameOf(entry);
      ids.add(name, entry);
      return [name, index] as const;
    }),
  );
}

/** An item for each entry; none names the same picture as another. */
function listed(
  entries: readonly DataEntry[],
  findings: Findings,
  itemOf: (entry: DataEntry) => LabelledImage,
): readonly LabelledImage[] {
  const ids = new UniqueIds();
  return findings.each(entries, (entry) => {
    const item = itemOf(entry);
    ids.add(item.id, entry);
    return item;
  });
}

function numberOf(classes: ReadonlyMap<string, number>, name: string, entry: DataEntry): number {
  const label = classes.get(name);
  if (label === undefined) throw entry.wrong(`there is no class \`${name}\``);
  return label;
}

const lineText = (entry: DataEntry): string => entry.asText().trim();

/** FGVC Aircraft: `images_variant_test.txt` has a number and a variant by line, `variants.txt` the variants. */
export const aircraftLayout: ImageLayout = {
  files: ["variants.txt", "images_variant_test.txt", "images/"].map((name) =>
    join("fgvc-aircraft-2013b/data", name),
  ),
  read(data, findings) {
    const folder = "fgvc-aircraft-2013b/data";
    const variants = readTextLines(join(data, folder, "variants.txt"));
    const classes = placesOf(variants, lineText, findings);
    const lines = readTextLines(join(data, folder, "images_variant_test.txt"));
    const items = listed(lines, findings, (entry) => {
      const [, id = "", variant] = /^(\S+) (.+?)\s*$/.exec(entry.asText()) ?? [];
      if (variant === undefined) throw entry.wrong("a number, a blank and a variant are needed");
      const path = join(folder, "images", `${id}.jpg`);
      return labelledImage(id, numberOf(classes, variant, entry), { path });
    });
    return { items, ownNames: [...classes.keys()] };
  },
};

/** DTD, the first of its ten splits: `<texture>/<name>.jpg` by line. */
export const texturesLayout: ImageLayout = {
  files: ["dtd/dtd/labels/test1.txt", "dtd/dtd/images/"],
  read(data, findings) {
    const lines = readTextLines(join(data, "dtd/dtd/labels/test1.txt"));
    const ownNames = [...new Set(lines.map((entry) => lineText(entry).split("/")[0] ?? ""))].sort();
    const classes = new Map(ownNames.map((name, index) => [name, index]));
    const items = listed(lines, findings, (entry) => {
      const path = lineText(entry);
      const [, texture = ""] = /^([^/]+)\/[^/]+$/.exec(path) ?? [];
      if (texture === "") throw entry.wrong("a texture, `/` and a name are needed");
      const image = { path: join("dtd/dtd/images", path) };
      return labelledImage(path, numberOf(classes, texture, entry), image);
    });
    return { items, ownNames };
  },
};

/** Food-101: `meta/test.json` has the pictures of each dish, without their ending. */
export const foodLayout: ImageLayout = {
  files: ["food-101/meta/test.json", "food-101/images/"],
  read(data, findings) {
    const dishes = readDocument(join(data, "food-101/meta/test.json"))
      .members()
      .toSorted(([left], [right]) => (left < right ? -1 : 1));
    const ids = new UniqueIds();
    const items = findings.each(dishes, ([, pictures], label) =>
      pictures.elements().map((entry) => {
        const id = entry.asText();
        ids.add(id, entry);
        return labelledImage(id, label, { path: join("food-101/images", `${id}.jpg`) });
      }),
    );
    return { items: items.flat(), ownNames: dishes.map(([name]) => name.replaceAll("_", " ")) };
  },
};

/** Oxford-IIIT Pets: name, number of the breed from 1, and two numbers more by line. */
export const petsLayout: ImageLayout = {
  files: ["oxford-iiit-pet/annotations/test.txt", "oxford-iiit-pet/images/"],
  read(data, findings) {
    const lines = readTextLines(join(data, "oxford-iiit-pet/annotations/test.txt"));
    const names: string[] = [];
    const items = listed(lines, findings, (entry) => {
      const [, id = "", breed = "", digits] =
        /^((.+)_\d+) (\d+) \d+ \d+\s*$/.exec(entry.asText()) ?? [];
      const label = Number(digits) - 1;
      if (!(label >= 0)) throw entry.wrong("a name and three numbers are needed");
      const name = breed.split("_").map(capitalised).join(" ");
      names[label] ??= name;
      if (names[label] !== name) throw entry.wrong(`breed ${label + 1} is \`${names[label]}\``);
      return labelledImage(id, label, { path: join("oxford-iiit-pet/images", `${id}.jpg`) });
    });
    return { items, ownNames: Array.from(names, (name: string | undefined) => name ?? "") };
  },
};

function capitalised(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** GTSRB: a table with `Filename` and `ClassId`, cells separated by semicolons. */
export const signsLayout: ImageLayout = {
  files: ["gtsrb/GT-final_test.csv", "gtsrb/GTSRB/Final_Test/Images/"],
  read(data, findings) {
    const [header, ...rows] = readTextLines(join(data, "gtsrb/GT-final_test.csv"));
    const names = header?.asText().trim().split(";") ?? [];
    const [file, number] = [names.indexOf("Filename"), names.indexOf("ClassId")];
    if (header !== undefined && Math.min(file, number) < 0)
      throw header.wrong("the first line names `Filename` and `ClassId`");
    const items = listed(rows, findings, (entry) => {
      const cells = entry.asText().trim().split(";");
      const [id = "", digits = ""] = [cells[file], cells[number]];
      if (!/^\d+$/.test(digits)) throw entry.wrong(`\`${digits}\` is no number of a class`);
      const path = join("gtsrb/GTSRB/Final_Test/Images", id);
      return labelledImage(id, Number(digits), { path });
    });
    return { items };
  },
};

/** SUN397: `ClassName.txt` has the classes, each a path of folders with its pictures. */
export const scenesLayout: ImageLayout = {
  files: ["SUN397/ClassName.txt", "SUN397/<letter>/<class>/"],
  read(data, findings) {
    const lines = readTextLines(join(data, "SUN397/ClassName.txt"));
    const classes = placesOf(lines, sceneName, findings);
    // Classes stand below a letter: `/a/abbey`.
    const items = findings.each(lines, (entry) => {
      const label = numberOf(classes, sceneName(entry), entry);
      return scenePictures(data, join("SUN397", lineText(entry)), label, entry);
    });
    const ownNames = [...classes.keys()].map((name) => name.replaceAll(/[_/]/g, " "));
    return { items: items.flat(), ownNames };
  },
};

function sceneName(entry: DataEntry): string {
  const [, name] = /^\/[^/]+\/(.+)$/.exec(lineText(entry)) ?? [];
  if (name === undefined) throw entry.wrong("a class is a letter and a name, `/a/abbey`");
  return name;
}

function scenePictures(
  data: string,
  folder: string,
  label: number,
  entry: DataEntry,
): readonly LabelledImage[] {
  if (!existsSync(join(data, folder))) throw entry.wrong(`there is no folder \`${folder}\``);
  return imagesIn(join(data, folder))
    .filter((name) => name.startsWith("sun_"))
    .map((name) => labelledImage(join(folder, name), label, { path: join(folder, name) }));
}

/** Birdsnap, the test pictures that can still be had: paths by line, and a table of species; both have a header. */
export const birdsLayout: ImageLayout = {
  files: ["test_images_valid.txt", "species.txt", "<folder>/"],
  read(data, findings) {
    const rows = readTextLines(join(data, "species.txt")).slice(1);
    const cells = (entry: DataEntry): readonly string[] => {
      const found = entry.asText().split("\t");
      if (found.length < 2) throw entry.wrong("cells are separated by tabs");
      return found;
    };
    const classes = placesOf(rows, (entry) => (cells(entry).at(-1) ?? "").trim(), findings);
    const lines = readTextLines(join(data, "test_images_valid.txt")).slice(1);
    const items = listed(lines, findings, (entry) => {
      const path = lineText(entry);
      const label = numberOf(classes, (path.split("/")[0] ?? "").toLowerCase(), entry);
      return labelledImage(path, label, { path });
    });
    return { items, ownNames: rows.map((entry) => cells(entry)[1] ?? "") };
  },
};
