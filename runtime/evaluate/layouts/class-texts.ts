// The texts from which a classifier is made: names of classes, and templates that say something about one.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument } from "../entries/read-entries.ts";
import type { LabelledImage, LabelledSet } from "./labelled-images.ts";

export interface ClassTexts {
  /** In the order of the class numbers. */
  readonly classNames: readonly string[];
  /** Texts with `{c}` for the name of a class; those that stand twice count twice. */
  readonly templates: readonly string[];
}

/** Where names and templates of a set are looked up. */
export interface TextSource {
  /** Its name in `<language>_classnames.json` and `<language>_zeroshot_classification_templates.json`. */
  readonly set: string;
  /** Templates where the file has none for the set; without them those of `imagenet1k` are taken. */
  readonly ownTemplates?: readonly string[];
}

/**
 * The texts of a set. Names are those of the data where these have any, else those of the file; a set with a part of the
 * classes has their names alone.
 */
export function classTexts(
  data: string,
  language: string,
  { set, ownTemplates }: TextSource,
  { ownNames, classes, kept }: Omit<LabelledSet, "items">,
): ClassTexts {
  const all = ownNames ?? namesIn(data, language, set);
  if (classes !== undefined && classes !== all.length)
    throw fault("data-wrong", {
      file: namesFile(data, language),
      place: `/${set}`,
      reason: `it has ${all.length} names, and the data have ${classes} classes`,
    });
  const classNames = kept?.map((label) => {
    const name = all[label];
    const reason = `class ${label} is in the set, and there are ${all.length} names`;
    if (name === undefined)
      throw fault("data-wrong", { file: namesFile(data, language), place: `/${set}`, reason });
    return name;
  });
  return {
    classNames: classNames ?? all,
    templates: templatesIn(data, language, set, ownTemplates),
  };
}

function namesFile(data: string, language: string): string {
  return join(data, `${language}_classnames.json`);
}

function namesIn(data: string, language: string, set: string): readonly string[] {
  return readDocument(namesFile(data, language)).texts(set);
}

function templatesIn(
  data: string,
  language: string,
  set: string,
  own: readonly string[] | undefined,
): readonly string[] {
  const path = join(data, `${language}_zeroshot_classification_templates.json`);
  if (own !== undefined && !existsSync(path)) return own;
  const document = readDocument(path);
  if (own !== undefined && !document.has(set)) return own;
  const list = document.at(document.nameOf(set, "imagenet1k") ?? set);
  if (list.elements().length === 0) throw list.wrong("there is no template");
  return list.elements().map((entry) => {
    const text = entry.asText();
    if (!text.includes("{c}")) throw entry.wrong("it has no `{c}` for the name of a class");
    return text;
  });
}

/** Every label is a class that has a name. */
export function assertClasses(
  data: string,
  items: readonly LabelledImage[],
  classes: number,
  findings: Findings,
): void {
  const told = new Set<number>();
  for (const { id, path, labels } of items)
    for (const label of labels) {
      if (label < classes || told.has(label)) continue;
      told.add(label);
      const reason = `${label} is no class: there are ${classes} of them`;
      findings.add(fault("data-wrong", { file: join(data, path), place: `item ${id}`, reason }));
    }
  findings.assertNone();
}
