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

const cocoStem = (index: number): string =>
  `COCO_${index % 2 === 0 ? "val" : "train"}2014_${index}`;

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
    task: "retrieval:coco",
    files: {
      "dataset_coco.json": {
        images: [
          { filename: "t.jpg", filepath: "train2014", split: "train", cocoid: 99, sentences: [] },
          ...numbers.map((index) => ({
            filename: `k${index}.jpg`,
            filepath: "val2014",
            split: "test",
            imgid: 7,
            cocoid: index + 9,
            sentences: [0, 1].map((which) => ({ raw: textOf(index + which) })),
          })),
        ],
      },
    },
    images: numbers.map((index) => `val2014/k${index}.jpg`),
    main: "dataset_coco.json",
    captions: 24,
  },
  {
    task: "retrieval:flickr30k_cn",
    files: {
      "flickr30k_cn_test.caption.txt": numbers
        .flatMap((index) =>
          [0, 1].map((which) => `${index}c.jpg#${which} ${textOf(index + which) || "一只狗"}`),
        )
        .join("\n"),
    },
    images: numbers.map((index) => `Images/${index}c.jpg`),
    main: "flickr30k_cn_test.caption.txt",
    captions: 24,
  },
  {
    task: "retrieval:coco_cn",
    files: {
      "coco-cn_test.txt": numbers.map((index) => cocoStem(index)).join("\n"),
      "imageid.human-written-caption.txt": ["COCO_val2014_99#0\t不是这个"]
        .concat(numbers.map((index) => `${cocoStem(index)}#0\t${textOf(index) || "一只狗"}`))
        .join("\n"),
    },
    images: numbers.map(
      (index) => `${index % 2 === 0 ? "val" : "train"}2014/${cocoStem(index)}.jpg`,
    ),
    main: "coco-cn_test.txt",
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
