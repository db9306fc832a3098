// Images with captions, for search both ways: the test parts of COCO, Flickr30K, their Chinese versions, and XTD.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type DataEntry, UniqueIds } from "../entries/data-entry.ts";
import type { Findings } from "../entries/findings.ts";
import { readDocument, readTextLines } from "../entries/read-entries.ts";
import { cocoCaptions } from "./coco-captions.ts";

export interface RetrievalSet {
  /** In the order in which equal scores are told apart; paths from the folder of the data. */
  readonly images: readonly { readonly id: string; readonly path: string }[];
  readonly captions: readonly { readonly text: string; readonly image: number }[];
}

export interface RetrievalLayout {
  readonly files: readonly string[];
  /** Of the split where the data have several, which those that were published have not. */
  readonly read: (
    data: string,
    findings: Findings,
    language: string,
    split?: string,
  ) => RetrievalSet;
}

interface Captioned {
  readonly id: string;
  readonly path: string;
  readonly captions: readonly string[];
}

function setOf(images: readonly Captioned[]): RetrievalSet {
  return {
    images: images.map(({ id, path }) => ({ id, path })),
    captions: images.flatMap(({ captions }, image) => captions.map((text) => ({ text, image }))),
  };
}

/** COCO's Karpathy split: the form of COCO's captions with images by rising id, or the file of the split itself. */
export const cocoRetrieval: RetrievalLayout = {
  files: ["coco_test_karpathy.json or dataset_coco.json", "val2014/"],
  read(data, findings) {
    const own = join(data, "coco_test_karpathy.json");
    const split = join(data, "dataset_coco.json");
    if (!existsSync(own) && existsSync(split)) return setOf(karpathySplit(split, findings));
    const images = cocoCaptions(own, findings).map(({ id, name, captions }) => ({
      id,
      path: join("val2014", name ?? ""),
      captions,
    }));
    return setOf(images.toSorted((left, right) => Number(left.id) - Number(right.id)));
  },
};

/** Flickr30K: lines of name and caption, or the file of the Karpathy split. */
export const flickrRetrieval: RetrievalLayout = {
  files: ["flickr30k_test_karpathy.txt or dataset_flickr30k.json", "Images/"],
  read(data, findings) {
    const own = join(data, "flickr30k_test_karpathy.txt");
    const split = join(data, "dataset_flickr30k.json");
    if (!existsSync(own) && existsSync(split)) return setOf(karpathySplit(split, findings));
    return captionLines(own, findings);
  },
};

/** Flickr30K in Chinese: the same lines, or as it was first published. */
export const flickrCnRetrieval: RetrievalLayout = {
  files: ["flickr30k_cn_test.txt or flickr30k_cn_test.caption.txt", "Images/"],
  read(data, findings) {
    const own = join(data, "flickr30k_cn_test.txt");
    const first = join(data, "flickr30k_cn_test.caption.txt");
    if (existsSync(own) || !existsSync(first)) return captionLines(own, findings);
    return setOf(
      numberedCaptions(first, findings).map(({ id, captions }) => ({
        id,
        path: join("Images", `${id}.jpg`),
        captions,
      })),
    );
  },
};

/**
 * COCO-CN: captions that people wrote in Chinese; a name says in which folder its image lies. As it was first published,
 * one file names the images of the part and another has the captions of all.
 */
export const cocoCnRetrieval: RetrievalLayout = {
  files: [
    "coco-cn_test.json, or coco-cn_test.txt and imageid.human-written-caption.txt",
    "train2014/",
    "val2014/",
  ],
  read(data, findings) {
    const own = join(data, "coco-cn_test.json");
    const first = join(data, "coco-cn_test.txt");
    if (existsSync(own) || !existsSync(first))
      return setOf(
        cocoCaptions(own, findings).map(({ id, name, captions }) => ({
          id,
          path: name ?? "",
          captions,
        })),
      );
    const written = join(data, "imageid.human-written-caption.txt");
    const known = new Map(numberedCaptions(written, findings).map((one) => [one.id, one.captions]));
    const ids = new UniqueIds();
    return setOf(
      findings.each(readTextLines(first), (entry) => {
        const id = entry.asText().trim();
        ids.add(id, entry);
        const captions = known.get(id);
        if (captions === undefined) throw entry.wrong(`\`${id}\` has no captions`);
        const folder = id.includes("val") ? "val2014" : "train2014";
        return { id, path: join(folder, `${id}.jpg`), captions };
      }),
    );
  },
};

/** `<stem>#<number>` or `<stem>.jpg#<number>`, then white space and a caption. */
function numberedCaptions(path: string, findings: Findings): readonly Omit<Captioned, "path">[] {
  const images = new Map<string, string[]>();
  const ids = new UniqueIds();
  findings.each(readTextLines(path), (entry) => {
    const [, id = "", stem = "", caption = ""] =
      /^(([^\s#]+?)(?:\.jpg)?#\d+)\s+(.*)$/.exec(entry.asText()) ?? [];
    if (stem === "") throw entry.wrong("a name, `#`, a number and a caption are needed");
    ids.add(id, entry);
    const captions = images.get(stem) ?? [];
    images.set(stem, captions);
    captions.push(caption);
  });
  return [...images].map(([id, captions]) => ({ id, captions }));
}

/** The languages of XTD, and the folder of a file that lies in one. */
const xtdFolders: Readonly<Record<string, string>> = { fr: "MIC", jp: "STAIR" };

/** XTD: names by the line, and in each language captions by the line. */
export const xtdRetrieval: RetrievalLayout = {
  files: ["test_image_names.txt", "test_1kcaptions_<language>.txt", "train2014/", "val2014/"],
  read(data, findings, language) {
    const names = readTextLines(join(data, "test_image_names.txt"));
    const captions = readTextLines(
      join(data, xtdFolders[language] ?? "", `test_1kcaptions_${language}.txt`),
    );
    const [last] = captions.slice(-1);
    if (last !== undefined && names.length !== captions.length)
      findings.attempt(() => {
        throw last.wrong(`${captions.length} captions for ${names.length} images`);
      });
    const ids = new UniqueIds();
    return setOf(
      findings.each(names, (entry, index) => {
        const id = entry.asText().trim();
        ids.add(id, entry);
        const folder = id.includes("val") ? "val2014" : "train2014";
        return { id, path: join(folder, id), captions: [captions[index]?.asText() ?? ""] };
      }),
    );
  },
};

/** A header, then `<name>.jpg,<caption>`: cut behind the first `.jpg,`, because captions hold commas. */
function captionLines(path: string, findings: Findings): RetrievalSet {
  const images = new Map<string, string[]>();
  findings.each(readTextLines(path).slice(1), (entry) => {
    const line = entry.asText();
    const cut = line.indexOf(".jpg,");
    if (cut < 0) throw entry.wrong("a name that ends in `.jpg`, a comma and a caption are needed");
    const name = line.slice(0, cut + 4);
    const captions = images.get(name) ?? [];
    images.set(name, captions);
    captions.push(line.slice(cut + 5));
  });
  return setOf(
    [...images].map(([name, captions]) => ({ id: name, path: join("Images", name), captions })),
  );
}

/** `images[].filename, filepath, split, sentences[].raw`: those of the test part. */
function karpathySplit(path: string, findings: Findings): readonly Captioned[] {
  const ids = new UniqueIds();
  const test = readDocument(path)
    .list("images")
    .filter((entry: DataEntry) => entry.has("split") && entry.at("split").value === "test");
  return findings.each(test, (entry) => {
    const id = entry.id(entry.nameOf("cocoid", "imgid") ?? "imgid");
    ids.add(id, entry);
    const folder = entry.has("filepath") ? entry.text("filepath") : "Images";
    return {
      id,
      path: join(folder, entry.text("filename")),
      captions: entry.list("sentences").map((sentence) => sentence.text("raw")),
    };
  });
}
