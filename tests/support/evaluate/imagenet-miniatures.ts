import {
  type ClassMiniature,
  inFolders,
  namesFile,
  numbers,
  textsOf,
  withoutFile,
} from "./class-miniature.ts";

const wnids = numbers.slice(0, 6).map((index) => `n0${index}`);
const some = (task: string): ClassMiniature => ({
  task,
  files: { ...textsOf("imagenet1k"), "wnids.txt": wnids.join("\n") },
  images: [1, 4].flatMap((label) => numbers.slice(0, 6).map((index) => `n0${label}/${index}.jpg`)),
  labels: numbers.map((index) => Math.floor(index / 6)),
  names: ["dog", "horse"],
  broken: [
    withoutFile("wnids.txt"),
    {
      what: "wrong field",
      file: "wnids.txt",
      content: "n00\nn01\n",
      says: "wnids.txt`: it has no `n04`",
    },
    {
      what: "duplicate id",
      file: "wnids.txt",
      content: [...wnids, "n01"].join("\n"),
      says: "wnids.txt`, line 7: the id `n01` is at line 2 already",
    },
  ],
});

const objectnet = {
  "folder_to_objectnet_label.json": {
    air_freshener: "Air freshener",
    tv: "TV",
    alarm: "Alarm clock",
  },
  "objectnet_to_imagenet_1k.json": { TV: "television; monitor", "Alarm clock": "analog clock" },
  "pytorch_to_imagenet_2012_id.json": { 0: 2, 1: 0, 2: 1 },
  imagenet_to_label_2012_v2: "television\nmonitor\nanalog clock\n",
};

/** ImageNet and the sets beside it. */
export const imagenetMiniatures: readonly ClassMiniature[] = [
  inFolders("zero_shot:imagenet", "imagenet1k", { folder: "val", ending: "JPEG" }),
  {
    // Sorted as texts, folder 10 comes before folder 2.
    task: "zero_shot:imagenet_v2",
    files: textsOf(
      "imagenet1k",
      numbers.map((index) => `class ${index}`),
    ),
    images: numbers.map((index) => `ImageNetV2-matched-frequency/${index}/a.jpeg`).sort(),
    labels: [0, 1, 10, 11, 2, 3, 4, 5, 6, 7, 8, 9],
    names: numbers.map((index) => `class ${index}`),
    broken: [
      withoutFile(namesFile, namesFile),
      {
        what: "wrong field",
        file: "ImageNetV2-matched-frequency/n07/a.jpeg",
        content: "x",
        says: "n07`: the name of a folder is the number of its class",
      },
      {
        what: "wrong field",
        file: "ImageNetV2-matched-frequency/12/a.jpeg",
        content: "x",
        says: "item 12/a.jpeg: 12 is no class: there are 12 of them",
      },
    ],
  },
  inFolders("zero_shot:imagenet_sketch", "imagenet1k", { folder: "", ending: "JPEG" }),
  some("zero_shot:imagenet_a"),
  some("zero_shot:imagenet_r"),
  {
    task: "zero_shot:objectnet",
    files: { ...textsOf("objectnet"), ...objectnet },
    // The folder that ImageNet has nothing for is left out.
    images: ["alarm", "tv", "air_freshener"].flatMap((folder) =>
      numbers.slice(0, 6).map((index) => `objectnet-1.0/images/${folder}/${index}.png`),
    ),
    labels: numbers.map((index) => Math.floor(index / 6)),
    names: ["alarm clock", "tv"],
    broken: [
      withoutFile("objectnet_to_imagenet_1k.json"),
      withoutFile("objectnet-1.0/images/tv", "/tv: there is no such folder"),
      {
        what: "wrong field",
        file: "objectnet_to_imagenet_1k.json",
        content: { TV: "radio" },
        says: "objectnet_to_imagenet_1k.json`, /TV: ImageNet has no class `radio`",
      },
      {
        what: "wrong field",
        file: "folder_to_objectnet_label.json",
        content: { tv: 3 },
        says: "folder_to_objectnet_label.json`, /tv: a text is needed",
      },
    ],
  },
];

const real = numbers.map((index) => (index === 3 ? [] : index % 2 === 0 ? [index % 6] : [0, 5]));
const valName = (index: number): string =>
  `val/n0${index % 6}/ILSVRC2012_val_${String(index + 1).padStart(8, "0")}.JPEG`;

/** What a head is measured on. */
export const probeMiniatures: readonly ClassMiniature[] = [
  {
    ...inFolders("linear_probe:imagenet", "", { folder: "val", ending: "JPEG", files: {} }),
    names: [],
    broken: [],
  },
  {
    task: "linear_probe:imagenet_real",
    files: { "real.json": real },
    images: numbers.map(valName),
    labels: real,
    names: [],
    broken: [
      withoutFile("real.json"),
      withoutFile(valName(4), "real.json`, /4: there is no picture `ILSVRC2012_val_00000005.JPEG`"),
      {
        what: "wrong field",
        file: "real.json",
        content: real.map((labels, index) => (index === 2 ? ["cat"] : labels)),
        says: "real.json`, /2/0: a number is needed",
      },
      {
        what: "duplicate id",
        file: "val/n05/ILSVRC2012_val_00000001.JPEG",
        content: "x",
        says: "has the same number",
      },
      { what: "cut file", file: "real.json", content: "[[1],[", says: "real.json`, line 1" },
    ],
  },
  {
    ...some("linear_probe:imagenet_a"),
    files: { "wnids.txt": wnids.join("\n") },
    names: [],
  },
];

/** Sets of a folder for each class. */
export const folderMiniatures: readonly ClassMiniature[] = [
  inFolders("zero_shot:caltech101", "caltech101", { folder: "caltech101/101_ObjectCategories" }),
  inFolders("zero_shot:country211", "country211", { folder: "country211/test" }),
  inFolders("zero_shot:eurosat", "eurosat", { folder: "eurosat/2750" }),
  inFolders("zero_shot:fer2013", "fer2013", { folder: "test", ending: "png" }),
  inFolders("zero_shot:renderedsst2", "renderedsst2", {
    folder: "rendered-sst2/test",
    ending: "png",
    names: ["a bad", "bad", "good", "negative", "positive", "very good"],
  }),
  inFolders("zero_shot:resisc45", "resisc45", {
    folder: "NWPU-RESISC45",
    names: ["airplane", "baseball_diamond", "beach", "bridge", "cloud", "wetland"],
  }),
];
