import {
  type ClassMiniature,
  classNames,
  numbers,
  ofSix,
  textsOf,
  withoutFile,
} from "./class-miniature.ts";

const list = (of: (index: number) => string): string => `${numbers.map(of).join("\n")}\n`;
const twice = (text: string): string => `${text}${text.split("\n").at(-2)}\n`;

const dishes = Object.fromEntries(
  ["apple_pie", "beef_tartare"].map((dish, label) => [
    dish,
    numbers.slice(0, 6).map((index) => `${dish}/${10 * label + index}`),
  ]),
);
const variants = ["707-320", "A340-200", "Cessna 172"];
const aircraft = list((index) => `${1_000_000 + index} ${variants[index % 3]}`);
const textures = list((index) => `${["banded", "zigzagged"][index % 2]}/t_${index}.jpg`);
const breeds = ["Abyssinian", "american_bulldog"];
const pets = list((index) => `${breeds[index % 2]}_${index} ${(index % 2) + 1} 1 1`);
const signs = (id: (index: number) => string) =>
  `Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n${numbers.map((index) => `0000${index}.ppm;4;4;0;0;4;4;${id(index)}`).join("\r\n")}\r\n`;
const birds = list(
  (index) => `${["Acadian_Flycatcher", "Zone-tailed_Hawk"][index % 2]}/${index}.jpg`,
);
const species =
  "id\tcommon\tscientific\tdir\n1\tAcadian Flycatcher\tE. v.\tacadian_flycatcher\n2\tZone-tailed Hawk\tB. a.\tzone-tailed_hawk\n";

/** Sets whose pictures stand in lists. */
export const listMiniatures: readonly ClassMiniature[] = [
  {
    task: "zero_shot:fgvc_aircraft",
    files: {
      ...textsOf("fgvc_aircraft"),
      "fgvc-aircraft-2013b/data/variants.txt": `${variants.join("\n")}\n`,
      "fgvc-aircraft-2013b/data/images_variant_test.txt": aircraft,
    },
    images: numbers.map((index) => `fgvc-aircraft-2013b/data/images/${1_000_000 + index}.jpg`),
    labels: numbers.map((index) => index % 3),
    names: variants,
    broken: [
      withoutFile("fgvc-aircraft-2013b/data/variants.txt"),
      {
        what: "wrong field",
        file: "fgvc-aircraft-2013b/data/images_variant_test.txt",
        content: "1000000 Tu-4\n",
        says: "images_variant_test.txt`, line 1: there is no class `Tu-4`",
      },
      {
        what: "duplicate id",
        file: "fgvc-aircraft-2013b/data/images_variant_test.txt",
        content: twice(aircraft),
        says: "line 13: the id `1000011` is at line 12 already",
      },
    ],
  },
  {
    task: "zero_shot:dtd",
    files: { ...textsOf("dtd"), "dtd/dtd/labels/test1.txt": textures },
    images: numbers.map((index) => `dtd/dtd/images/${textures.split("\n")[index]}`),
    labels: numbers.map((index) => index % 2),
    names: ["banded", "zigzagged"],
    broken: [
      withoutFile("dtd/dtd/labels/test1.txt"),
      {
        what: "wrong field",
        file: "dtd/dtd/labels/test1.txt",
        content: "banded/a.jpg\nzigzagged\n",
        says: "test1.txt`, line 2: a texture, `/` and a name are needed",
      },
      {
        what: "duplicate id",
        file: "dtd/dtd/labels/test1.txt",
        content: twice(textures),
        says: "test1.txt`, line 13",
      },
    ],
  },
  {
    task: "zero_shot:food101",
    files: { ...textsOf("food101"), "food-101/meta/test.json": dishes },
    images: Object.values(dishes).flatMap((ids) => ids.map((id) => `food-101/images/${id}.jpg`)),
    labels: numbers.map((index) => Math.floor(index / 6)),
    names: ["apple pie", "beef tartare"],
    broken: [
      withoutFile("food-101/meta/test.json"),
      {
        what: "wrong field",
        file: "food-101/meta/test.json",
        content: { apple_pie: ["apple_pie/1", 5] },
        says: "test.json`, /apple_pie/1: a text is needed",
      },
      {
        what: "duplicate id",
        file: "food-101/meta/test.json",
        content: { apple_pie: ["apple_pie/1", "apple_pie/1"] },
        says: "test.json`, /apple_pie/1: the id `apple_pie/1` is at /apple_pie/0 already",
      },
    ],
  },
  {
    task: "zero_shot:pets",
    files: { ...textsOf("pets"), "oxford-iiit-pet/annotations/test.txt": pets },
    images: numbers.map((index) => `oxford-iiit-pet/images/${breeds[index % 2]}_${index}.jpg`),
    labels: numbers.map((index) => index % 2),
    names: ["Abyssinian", "American Bulldog"],
    broken: [
      withoutFile("oxford-iiit-pet/annotations/test.txt"),
      {
        what: "wrong field",
        file: "oxford-iiit-pet/annotations/test.txt",
        content: "Abyssinian_1 1 1 1\nBombay_2 x 1 1\n",
        says: "test.txt`, line 2: a name and three numbers are needed",
      },
      {
        what: "wrong field",
        file: "oxford-iiit-pet/annotations/test.txt",
        content: "Abyssinian_1 1 1 1\nBombay_2 1 1 1\n",
        says: "test.txt`, line 2: breed 1 is `Abyssinian`",
      },
      {
        what: "duplicate id",
        file: "oxford-iiit-pet/annotations/test.txt",
        content: twice(pets),
        says: "test.txt`, line 13",
      },
    ],
  },
  {
    task: "zero_shot:gtsrb",
    files: { ...textsOf("gtsrb"), "gtsrb/GT-final_test.csv": signs((index) => String(index % 6)) },
    images: numbers.map((index) => `gtsrb/GTSRB/Final_Test/Images/0000${index}.ppm`),
    labels: ofSix,
    names: classNames,
    broken: [
      withoutFile("gtsrb/GT-final_test.csv"),
      {
        what: "wrong field",
        file: "gtsrb/GT-final_test.csv",
        content: signs((index) => (index === 4 ? "stop" : "1")),
        says: "GT-final_test.csv`, line 6: `stop` is no number of a class",
      },
      {
        what: "duplicate id",
        file: "gtsrb/GT-final_test.csv",
        content: `${signs(() => "1")}00003.ppm;4;4;0;0;4;4;1\r\n`,
        says: "GT-final_test.csv`, line 14: the id `00003.ppm` is at line 5 already",
      },
    ],
  },
  {
    task: "zero_shot:sun397",
    files: {
      ...textsOf("sun397"),
      "SUN397/ClassName.txt": "/a/abbey\n/a/apse/indoor\n/b/bus_depot\n",
    },
    images: ["a/abbey", "a/apse/indoor", "b/bus_depot"].flatMap((folder) =>
      numbers.slice(0, 4).map((index) => `SUN397/${folder}/sun_${index}.jpg`),
    ),
    labels: numbers.map((index) => Math.floor(index / 4)),
    names: ["abbey", "apse indoor", "bus depot"],
    broken: [
      withoutFile("SUN397/ClassName.txt"),
      {
        what: "wrong field",
        file: "SUN397/ClassName.txt",
        content: "/a/abbey\nabbey\n",
        says: "ClassName.txt`, line 2: a class is a letter and a name",
      },
      {
        what: "duplicate id",
        file: "SUN397/ClassName.txt",
        content: "/a/abbey\n/a/abbey\n",
        says: "ClassName.txt`, line 2: the id `abbey` is at line 1 already",
      },
      withoutFile("SUN397/b/bus_depot", "ClassName.txt`, line 3: there is no folder"),
    ],
  },
  {
    task: "zero_shot:birdsnap",
    files: {
      ...textsOf("birdsnap"),
      "species.txt": species,
      "test_images_valid.txt": `path\n${birds}`,
    },
    images: birds.trim().split("\n"),
    labels: numbers.map((index) => index % 2),
    names: ["Acadian Flycatcher", "Zone-tailed Hawk"],
    broken: [
      withoutFile("species.txt"),
      {
        what: "wrong field",
        file: "test_images_valid.txt",
        content: "path\nSnow_Owl/1.jpg\n",
        says: "test_images_valid.txt`, line 2: there is no class `snow_owl`",
      },
      {
        what: "duplicate id",
        file: "test_images_valid.txt",
        content: twice(`path\n${birds}`),
        says: "test_images_valid.txt`, line 14",
      },
    ],
  },
];
