// The tasks on pictures and clips with classes: one record each, with layout and texts.

import { classFolders } from "../layouts/class-folders.ts";
import type { TextSource } from "../layouts/class-texts.ts";
import {
  aircraftLayout,
  birdsLayout,
  foodLayout,
  petsLayout,
  scenesLayout,
  signsLayout,
  texturesLayout,
} from "../layouts/image-lists.ts";
import { labelledLayout } from "../layouts/labelled-folder.ts";
import type { ImageLayout } from "../layouts/labelled-images.ts";
import { carsLayout, flowersLayout } from "../layouts/matlab-layouts.ts";
import { objectnetLayout } from "../layouts/objectnet-layout.ts";
import {
  cifar10Layout,
  cifar100Layout,
  mnistLayout,
  stlLayout,
} from "../layouts/raster-layouts.ts";
import { realLayout } from "../layouts/real-layout.ts";
import { vocLayout } from "../layouts/voc-layout.ts";
import type { ClassNumber } from "../scores/class-scores.ts";
import { numbersOf, type TaskRecord } from "./task-record.ts";

/** Pictures of classes, by the texts of their names. */
export interface ClassTask extends TaskRecord {
  readonly kind: "classes";
  readonly layout: ImageLayout;
  readonly texts: TextSource;
}

/** Pictures of classes, by a head that was trained for them. */
export interface ProbeTask extends TaskRecord {
  readonly kind: "probe";
  readonly layout: ImageLayout;
  /** The numbers that are told, where they are not all. */
  readonly shown?: readonly ClassNumber[] | undefined;
}

/** Clips of classes, by the texts of their names. */
export interface ClipTask extends TaskRecord {
  readonly kind: "clips";
  readonly texts: TextSource;
}

function zeroShot(
  set: string,
  layout: ImageLayout,
  { rows = [41], texts = set, unit = "image" }: Partial<ZeroShotForm> = {},
): ClassTask {
  return {
    kind: "classes",
    name: `zero_shot:${set}`,
    rows,
    summary: "classes from texts: top-1, top-5, mean recall per class",
    unit,
    rule: "top_k",
    numbers: classNumbers(),
    layout,
    texts: { set: texts },
  };
}

/** Numbers of classes by their words, as the scorer calls them. */
function classNumbers(
  shown: readonly ClassNumber[] = ["top-1", "top-5", "mean recall per class"],
): TaskRecord["numbers"] {
  const words: Readonly<Record<ClassNumber, string>> = {
    "top-1": "top1",
    "top-5": "top5",
    "mean recall per class": "mean_recall",
    "mean of top-1 and top-5": "mean",
  };
  return numbersOf(shown, (name) => words[name]);
}

interface ZeroShotForm {
  readonly rows: readonly number[];
  /** The name of the set in the files of names and templates. */
  readonly texts: string;
  readonly unit: string;
}

function probe(
  set: string,
  layout: ImageLayout,
  { rows = [37], shown, isOpen }: Partial<Pick<ProbeTask, "rows" | "shown" | "isOpen">> = {},
): ProbeTask {
  return {
    kind: "probe",
    name: `linear_probe:${set}`,
    rows,
    summary: "classes from a head: top-1, top-5",
    unit: "image",
    rule: set === "imagenet_real" ? "top_k_of_several" : "top_k",
    numbers: classNumbers(shown),
    isOpen,
    layout,
    shown,
  };
}

/** Texts about what people do in a clip. Those of the paper were never published. */
const clipTemplates = [
  "a video of {c}.",
  "a video of a person {c}.",
  "a video of people {c}.",
  "a video that shows {c}.",
  "a photo of {c}.",
  "a photo of a person {c}.",
  "a photo of people {c}.",
  "somebody is {c}.",
];

/** What Kinetics is measured by. */
export const clipNumbers = ["top-1", "top-5", "mean of top-1 and top-5"] as const;

function kinetics(classes: number): ClipTask {
  return {
    kind: "clips",
    name: `video_zero_shot:kinetics${classes}`,
    rows: [42],
    summary: "clips of classes from texts: top-1, top-5, their mean",
    unit: "clip",
    rule: "top_k",
    numbers: classNumbers(clipNumbers),
    texts: { set: `kinetics${classes}`, ownTemplates: clipTemplates },
  };
}

const imagenet = {
  whole: classFolders({ folder: "val" }),
  v2: classFolders({ folder: "ImageNetV2-matched-frequency", numbering: "number" }),
  sketch: classFolders({ folder: "" }),
  some: classFolders({ folder: "", numbering: "wnids" }),
};
const ofImagenet = { rows: [39], texts: "imagenet1k" };
const asItIs = (folder: string): string => folder;

export const visionTasks: readonly (ClassTask | ProbeTask | ClipTask)[] = [
  zeroShot("imagenet", imagenet.whole, { ...ofImagenet, rows: [39, 40] }),
  zeroShot("imagenet_v2", imagenet.v2, ofImagenet),
  zeroShot("imagenet_sketch", imagenet.sketch, ofImagenet),
  zeroShot("imagenet_a", imagenet.some, ofImagenet),
  zeroShot("imagenet_r", imagenet.some, ofImagenet),
  zeroShot("objectnet", objectnetLayout, { rows: [39] }),
  zeroShot("cifar10", cifar10Layout),
  zeroShot("cifar100", cifar100Layout),
  zeroShot("mnist", mnistLayout),
  zeroShot("caltech101", classFolders({ folder: "caltech101/101_ObjectCategories" })),
  zeroShot("sun397", scenesLayout),
  zeroShot("fgvc_aircraft", aircraftLayout),
  zeroShot("country211", classFolders({ folder: "country211/test" })),
  zeroShot("cars", carsLayout),
  zeroShot("birdsnap", birdsLayout),
  zeroShot("dtd", texturesLayout),
  zeroShot("eurosat", classFolders({ folder: "eurosat/2750" })),
  zeroShot("fer2013", classFolders({ folder: "test" })),
  zeroShot("flowers", flowersLayout),
  zeroShot("food101", foodLayout),
  zeroShot("gtsrb", signsLayout),
  zeroShot("pets", petsLayout),
  zeroShot("renderedsst2", classFolders({ folder: "rendered-sst2/test", nameOf: asItIs })),
  zeroShot("resisc45", classFolders({ folder: "NWPU-RESISC45", nameOf: asItIs })),
  zeroShot("stl10", stlLayout),
  zeroShot("voc2007", vocLayout, { unit: "photo with its boxes" }),
  probe("imagenet", imagenet.whole),
  probe("imagenet_real", realLayout, { shown: ["top-1", "top-5"] }),
  probe("imagenet_v2", imagenet.v2),
  probe("imagenet_a", imagenet.some),
  probe("imagenet_r", imagenet.some),
  probe("imagenet_sketch", imagenet.sketch),
  probe("labelled", labelledLayout, { rows: [], isOpen: true }),
  kinetics(400),
  kinetics(600),
  kinetics(700),
];
