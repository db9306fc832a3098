// Images of classes, and the texts from which a classifier of them is made.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readTextLines } from "../entries/read-entries.ts";
import type { ClassItem } from "../scores/class-scores.ts";

export interface ClassSet {
  readonly items: readonly (ClassItem & { readonly path: string })[];
  /** Names in the order of the class numbers. */
  readonly classNames: readonly string[];
  /** Texts with `{c}` for the name of a class; those that stand twice count twice. */
  readonly templates: readonly string[];
}

export interface ClassLayout {
  readonly files: readonly string[];
  readonly read: (data: string, findings: Findings, language: string) => ClassSet;
}

interface FolderForm {
  /** The name of the set in the files of names and templates; a set without an entry takes ImageNet's. */
  readonly set: string;
  /** Below the data; empty where the folders of classes lie there. */
  readonly folder: string;
  /** How class numbers come from names of folders. */
  readonly numbering: "sorted" | "number" | "wnids";
}

/** A folder for each class. */
export function classFolders({ set, folder, numbering }: FolderForm): ClassLayout {
  return {
    files: [
      join(folder, "<class>/"),
      "<language>_classnames.json",
      "<language>_zeroshot_classification_templates.json",
      ...(numbering === "wnids" ? ["wnids.txt"] : []),
    ],
    read(data, findings, language) {
      const names = namesOf(data, language, "classnames", set);
      const templates = namesOf(data, language, "zeroshot_classification_templates", set);
      const place = join(data, folder);
      const folders = foldersIn(place).toSorted();
      const kept = numbering === "wnids" ? maskOf(data, folders, findings) : undefined;
      // Without the whole mask every number of a class would be another one.
      findings.assertNone();
      const classNames = kept === undefined ? names : kept.map((label) => names[label] ?? "");
      const items = findings
        .each(folders, (name, index) => {
          const label = numbering === "number" ? Number(name) : index;
          if (!Number.isInteger(label) || classNames[label] === undefined) {
            const reason = `it is no class: there are ${classNames.length} names`;
            throw fault("data-wrong", { file: join(place, name), place: "", reason });
          }
          return imagesIn(join(place, name)).map((file) => {
            const id = `${name}/${file}`;
            return { id, unit: id, path: join(folder, name, file), labels: [label] };
          });
        })
        .flat();
      return { items, classNames, templates };
    },
  };
}

/** Numbers among ImageNet's thousand of the classes that a set of fewer has, in its own order. */
function maskOf(data: string, folders: readonly string[], findings: Findings): readonly number[] {
  const path = join(data, "wnids.txt");
  const numbers = new Map(
    readTextLines(path).map((entry, index) => [entry.asText().trim(), index]),
  );
  return findings.each(folders, (name) => {
    const label = numbers.get(name);
    const reason = `it has no \`${name}\``;
    if (label === undefined) throw fault("data-wrong", { file: path, place: "", reason });
    return label;
  });
}

function namesOf(data: string, language: string, what: string, set: string): readonly string[] {
  const document = readDocument(join(data, `${language}_${what}.json`));
  return document.texts(document.nameOf(set, "imagenet1k") ?? set);
}

function foldersIn(place: string): readonly string[] {
  if (!existsSync(place)) throw fault("file-missing", { path: place });
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function imagesIn(place: string): readonly string[] {
  return readdirSync(place)
    .filter((name) => /\.(jpe?g|png|webp|bmp|tiff?)$/i.test(name))
    .sort();
}
