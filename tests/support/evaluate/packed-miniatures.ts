import {
  type ClassMiniature,
  classNames,
  numbers,
  ofSix,
  textsOf,
  withoutFile,
} from "./class-miniature.ts";
import { matlabFile } from "./matlab-writer.ts";

const cars = numbers.map((index) => ({
  bbox_x1: 1,
  class: (index % 2) + 1,
  fname: `0000${index}.jpg`,
}));
const carNames = ["AM General Hummer SUV 2000", "Acura RL Sedan 2012"];
const annotations = "stanford_cars/cars_test_annos_withlabels.mat";

const vocObject = (name: string, [xmin, ymin, xmax, ymax]: readonly number[]): string =>
  `<object><name>${name}</name><part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part><bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox></object>`;
const vocIds = ["000001", "000003", "000010", "000012"];
const vocRoot = "VOCdevkit/VOC2007";
const vocXml = (id: string): string =>
  `<annotation><filename>${id}.jpg</filename>${["dog", "person", "aeroplane"].map((name, index) => vocObject(name, [index, 1, 8 + index, 9])).join("\n")}</annotation>`;

/** Sets in MATLAB's files, and VOC's boxes. */
export const matlabMiniatures: readonly ClassMiniature[] = [
  {
    task: "zero_shot:cars",
    files: {
      ...textsOf("cars"),
      [annotations]: matlabFile({ annotations: cars }, true),
      "stanford_cars/devkit/cars_meta.mat": matlabFile({ class_names: carNames }, false),
    },
    images: cars.map(({ fname }) => `stanford_cars/cars_test/${fname}`),
    labels: cars.map((car) => car.class - 1),
    names: carNames,
    broken: [
      withoutFile(annotations),
      {
        what: "wrong field",
        file: annotations,
        content: matlabFile({ annotations: cars.map((car) => ({ ...car, fname: 7 })) }, true),
        says: "withlabels.mat`, annotations(1).fname: text are needed",
      },
      {
        what: "duplicate id",
        file: annotations,
        content: matlabFile({ annotations: [...cars, ...cars.slice(0, 1)] }, true),
        says: "withlabels.mat`, annotations(13): `00000.jpg` is number 1 already",
      },
      {
        what: "cut file",
        file: annotations,
        content: matlabFile({ annotations: cars }, true).slice(0, 300),
        says: "withlabels.mat`: it is cut off",
      },
    ],
  },
  {
    task: "zero_shot:flowers",
    files: {
      ...textsOf("flowers"),
      "flowers-102/imagelabels.mat": matlabFile(
        { labels: numbers.flatMap((index) => [1, (index % 6) + 1]) },
        true,
      ),
      "flowers-102/setid.mat": matlabFile(
        { trnid: [1, 3], tstid: numbers.map((index) => 2 * index + 2) },
        true,
      ),
    },
    images: numbers.map(
      (index) => `flowers-102/jpg/image_${String(2 * index + 2).padStart(5, "0")}.jpg`,
    ),
    labels: ofSix,
    names: classNames,
    broken: [
      withoutFile("flowers-102/setid.mat"),
      {
        what: "wrong field",
        file: "flowers-102/setid.mat",
        content: matlabFile({ tstid: [2, 99] }, false),
        says: "setid.mat`, tstid(2): picture 99 has no class: there are 24",
      },
      {
        what: "duplicate id",
        file: "flowers-102/setid.mat",
        content: matlabFile({ tstid: [2, 4, 2] }, false),
        says: "setid.mat`, tstid(3): 2 stands there already",
      },
    ],
  },
  {
    task: "zero_shot:voc2007",
    files: {
      ...textsOf("voc2007"),
      [`${vocRoot}/ImageSets/Main/aeroplane_test.txt`]: vocIds.map((id) => `${id} -1`).join("\n"),
      ...Object.fromEntries(vocIds.map((id) => [`${vocRoot}/Annotations/${id}.xml`, vocXml(id)])),
    },
    images: vocIds.map((id) => `${vocRoot}/JPEGImages/${id}.jpg`),
    labels: vocIds.flatMap(() => [11, 14, 0]),
    names: [],
    broken: [
      withoutFile(`${vocRoot}/Annotations/000010.xml`, "000010.xml"),
      {
        what: "wrong field",
        file: `${vocRoot}/Annotations/000003.xml`,
        content: vocXml("000003").replace("person", "dragon"),
        says: "000003.xml`, object 2: there is no class `dragon`",
      },
      {
        what: "wrong field",
        file: `${vocRoot}/Annotations/000003.xml`,
        content: vocXml("000003").replace("<xmax>8</xmax>", "<xmax>wide</xmax>"),
        says: "000003.xml`, object 1: `xmax` is no whole number",
      },
      {
        what: "duplicate id",
        file: `${vocRoot}/ImageSets/Main/aeroplane_test.txt`,
        content: "000001 -1\n000001  1\n",
        says: "aeroplane_test.txt`, line 2: the id `000001` is at line 1 already",
      },
    ],
  },
];

const level = (index: number): number => (index * 37) % 256;
const levels = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => level(i));
const records = (labels: (index: number) => readonly number[], each: number): Uint8Array =>
  Uint8Array.from(numbers.flatMap((index) => [...labels(index), ...levels(each)]));
const idx = (shape: readonly number[], data: readonly number[]): Uint8Array => {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.writeUInt32BE(0x0800 + shape.length);
  for (const [axis, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * axis);
  return Uint8Array.from([...header, ...data]);
};
const cifarFile = records((index) => [index % 6], 3072);
const digits = idx([12, 6, 5], levels(12 * 30));

/** Sets whose pictures lie in one file. */
export const rasterMiniatures: readonly ClassMiniature[] = [
  {
    task: "zero_shot:cifar10",
    files: {
      ...textsOf("cifar10"),
      "cifar-10-batches-bin/test_batch.bin": cifarFile,
      "cifar-10-batches-bin/batches.meta.txt": `${classNames.join("\n")}\n\n`,
    },
    images: [],
    labels: ofSix,
    names: classNames,
    broken: [
      withoutFile("cifar-10-batches-bin/test_batch.bin"),
      {
        what: "cut file",
        file: "cifar-10-batches-bin/test_batch.bin",
        content: cifarFile.slice(0, 5000),
        says: "test_batch.bin`: it has 5000 bytes, which are no whole records of 3073",
      },
      {
        what: "wrong field",
        file: "cifar-10-batches-bin/batches.meta.txt",
        content: "cat\ndog\n",
        says: "item 2: 2 is no class: there are 2 of them",
      },
    ],
  },
  {
    task: "zero_shot:cifar100",
    files: {
      ...textsOf("cifar100"),
      "cifar-100-binary/test.bin": records((index) => [9, index % 6], 3072),
      "cifar-100-binary/fine_label_names.txt": classNames.join("\n"),
    },
    images: [],
    labels: ofSix,
    names: classNames,
    broken: [withoutFile("cifar-100-binary/fine_label_names.txt")],
  },
  {
    task: "zero_shot:mnist",
    files: {
      ...textsOf("mnist"),
      "MNIST/raw/t10k-images-idx3-ubyte": digits,
      "MNIST/raw/t10k-labels-idx1-ubyte": idx([12], ofSix),
    },
    images: [],
    labels: ofSix,
    names: classNames,
    broken: [
      withoutFile("MNIST/raw/t10k-labels-idx1-ubyte"),
      {
        what: "cut file",
        file: "MNIST/raw/t10k-images-idx3-ubyte",
        content: digits.slice(0, 100),
        says: "t10k-images-idx3-ubyte`: it has 100 bytes, and its shape needs 376",
      },
      {
        what: "wrong field",
        file: "MNIST/raw/t10k-labels-idx1-ubyte",
        content: idx([11], ofSix.slice(1)),
        says: "t10k-labels-idx1-ubyte`: 11 labels for 12 pictures",
      },
    ],
  },
  {
    task: "zero_shot:stl10",
    files: {
      ...textsOf("stl10"),
      "stl10_binary/test_X.bin": records(() => [], 3 * 96 * 96),
      "stl10_binary/test_y.bin": Uint8Array.from(ofSix, (label) => label + 1),
      "stl10_binary/class_names.txt": classNames.join("\n"),
    },
    images: [],
    labels: ofSix,
    names: classNames,
    broken: [
      withoutFile("stl10_binary/test_X.bin"),
      {
        what: "wrong field",
        file: "stl10_binary/test_y.bin",
        content: Uint8Array.from(ofSix),
        says: "test_y.bin`, label 0: classes are counted from 1",
      },
    ],
  },
];
