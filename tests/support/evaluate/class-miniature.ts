import { itemCount, type Miniature } from "./text-miniatures.ts";

export const numbers = Array.from({ length: itemCount }, (_, index) => index);

/** One file of the miniature, changed or (without content) removed, and what is said about it. */
interface Broken {
  readonly what: "missing file" | "wrong field" | "duplicate id" | "cut file";
  readonly file: string;
  readonly content?: unknown;
  /** Names file and entry. */
  readonly says: string;
}

export interface ClassMiniature extends Pick<Miniature, "task" | "files" | "images"> {
  /** By item, its class; of ReaL, its classes. */
  readonly labels: readonly (number | readonly number[])[];
  /** Of the classes in the order of their numbers. */
  readonly names: readonly string[];
  readonly broken: readonly Broken[];
}

export const classNames = ["cat", "dog", "bird", "fish", "horse", "tree"];
const templates = ["a photo of a {c}.", "art of the {c}.", "a photo of a {c}."];
export const namesFile = "en_classnames.json";
const templatesFile = "en_zeroshot_classification_templates.json";

/** Names and templates of a set; one template stands twice, and counts twice. */
export function textsOf(set: string, names: readonly string[] = classNames) {
  return {
    [namesFile]: { [set]: names },
    [templatesFile]: { imagenet1k: ["{c}"], [set]: templates },
  };
}

export const ofSix = numbers.map((index) => index % 6);
export const withoutFile = (file: string, says = "there is no"): Broken => ({
  what: "missing file",
  file,
  says,
});
const wrongNames = (set: string): readonly Broken[] => [
  withoutFile(namesFile, namesFile),
  {
    what: "wrong field",
    file: namesFile,
    content: { [set]: [...classNames.slice(0, 5), 7] },
    says: `${namesFile}\`, /${set}/5: a text is needed`,
  },
  {
    what: "wrong field",
    file: templatesFile,
    content: { [set]: ["a photo"] },
    says: `${templatesFile}\`, /${set}/0: it has no \`{c}\``,
  },
];

/** Twelve pictures in six folders. */
export function inFolders(
  task: string,
  set: string,
  { folder, ending = "jpg", names, files = textsOf(set) }: FolderParts,
): ClassMiniature {
  const own = names ?? classNames.map((_, index) => `n0${index}`);
  const place = folder === "" ? "" : `${folder}/`;
  return {
    task,
    files,
    images: numbers.map((index) => `${place}${own[index % 6]}/p ${index}.${ending}`).sort(),
    labels: ofSix.toSorted(),
    names: names ?? classNames,
    broken: [
      ...(names === undefined ? wrongNames(set) : [withoutFile(templatesFile, templatesFile)]),
      // A class that is gone would move all that stand behind it.
      ...(names === undefined ? [withoutFile(`${place}${own[2]}`, "the data have 5 classes")] : []),
    ],
  };
}

interface FolderParts {
  readonly folder: string;
  readonly ending?: string;
  readonly names?: readonly string[];
  readonly files?: Readonly<Record<string, unknown>>;
}
