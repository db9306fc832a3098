import { itemCount, type Miniature, oddTexts } from "./text-miniatures.ts";

const numbers = Array.from({ length: itemCount }, (_, index) => index);
const textOf = (index: number): string => oddTexts[index % itemCount] ?? "";

type GalleryMiniature = Omit<Miniature, "references"> & { readonly captions: number };

const cocoForm = (fileName: (index: number) => string, captionsEach: number) => ({
  // Not by rising id: the order of the gallery is that of the ids.
  images: numbers.toReversed().map((index) => ({ id: index + 9, file_name: fileName(index) })),
  annotations: numbers.flatMap((index) =>
    numbers.slice(0, captionsEach).map((which) => ({
      id: captionsEach * index + which,
      image_id: index + 9,
      caption: textOf(index + which),
    })),
  ),
});

const lines = [
  "image,caption",
  ...numbers.flatMap((index) =>
    [0, 1].map((which) => `${index} b.jpg,${textOf(index + which) || "one.jpg, two.jpg, three"}`),
  ),
].join("\n");

/** Images with captions in the official layouts. */
export const galleryMiniatures: readonly GalleryMiniature[] = [
  {
    task: "retrieval:coco",
    files: { "coco_test_karpathy.json": cocoForm((index) => `v${index}.jpg`, 5) },
    images: numbers.map((index) => `val2014/v${index}.jpg`),
    main: "coco_test_karpathy.json#/images",
    captions: 60,
  },
  {
    task: "retrieval:flickr30k",
    files: { "flickr30k_test_karpathy.txt": lines },
    images: numbers.map((index) => `Images/${index} b.jpg`),
    main: "flickr30k_test_karpathy.txt",
    captions: 24,
  },
  {
    task: "retrieval:flickr30k_cn",
    files: { "flickr30k_cn_test.txt": lines },
    images: numbers.map((index) => `Images/${index} b.jpg`),
    main: "flickr30k_cn_test.txt",
    captions: 24,
  },
  {
    task: "retrieval:flickr30k",
    files: {
      "dataset_flickr30k.json": {
        images: [
          { filename: "t.jpg", split: "train", imgid: 99, sentences: [{ raw: "not this" }] },
          ...numbers.map((index) => ({
            filename: `${index}.jpg`,
            split: "test",
            imgid: index,
            sentences: [0, 1].map((which) => ({ raw: textOf(index + which) })),
          })),
        ],
      },
    },
    images: numbers.map((index) => `Images/${index}.jpg`),
    main: "dataset_flickr30k.json",
    captions: 24,
  },
  {
    task: "retrieval:coco_cn",
    files: { "coco-cn_test.json": cocoForm((index) => `train2014/t${index}.jpg`, 1) },
    images: numbers.map((index) => `train2014/t${index}.jpg`),
    main: "coco-cn_test.json#/images",
    captions: 12,
  },
  {
    task: "retrieval:xtd",
    files: {
      "test_image_names.txt": numbers
        .map((index) => `COCO_${index % 2 === 0 ? "val" : "train"}2014_${index}.jpg`)
        .join("\n"),
      "test_1kcaptions_en.txt": numbers.map((index) => textOf(index) || "a dog").join("\n"),
    },
    images: numbers.map((index) => {
      const split = index % 2 === 0 ? "val2014" : "train2014";
      return `${split}/COCO_${split}_${index}.jpg`;
    }),
    main: "test_image_names.txt",
    captions: 12,
  },
];

const classNames = ["cat", "dog", "bird", "fish", "horse", "tree"];
const classFolder = (index: number): string => `n0${index % 6}`;
const texts = {
  "en_classnames.json": { imagenet1k: classNames },
  "en_zeroshot_classification_templates.json": {
    imagenet1k: ["a photo of a {c}.", "art of the {c}.", "a photo of a {c}."],
  },
};

interface ClassMiniature extends Pick<Miniature, "task" | "files" | "images"> {
  /** By image, its class. */
  readonly labels: readonly number[];
}

/** Images of six classes, two each. */
export const classMiniatures: readonly ClassMiniature[] = [
  {
    task: "zero_shot:imagenet",
    files: texts,
    images: numbers.map((index) => `val/${classFolder(index)}/ILSVRC2012_val_${index}.JPEG`),
    labels: numbers.map((index) => index % 6),
  },
  {
    // Sorted as texts, folder 10 comes before folder 2.
    task: "zero_shot:imagenet_v2",
    files: {
      ...texts,
      "en_classnames.json": { imagenet1k: numbers.map((index) => `class ${index}`) },
    },
    images: numbers.map((index) => `ImageNetV2-matched-frequency/${index}/a.jpeg`),
    labels: numbers,
  },
  {
    task: "zero_shot:imagenet_a",
    files: {
      ...texts,
      "wnids.txt": numbers
        .slice(0, 6)
        .map((index) => `n0${index}`)
        .join("\n"),
    },
    images: [1, 4].flatMap((label) => [0, 1].map((index) => `n0${label}/${index}.jpg`)),
    labels: [0, 0, 1, 1],
  },
];
