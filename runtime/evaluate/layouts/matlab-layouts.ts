// Sets whose lists are MATLAB files: Stanford Cars and Oxford Flowers.
import { join } from "node:path";
import { fault } from "../../faults.ts";
import type { Findings } from "../entries/findings.ts";
import { type MatlabValue, readMatlab } from "../entries/matlab-file.ts";
import { type ImageLayout, labelledImage } from "./labelled-images.ts";

type Kind = MatlabValue["kind"];
type Of<K extends Kind> = Extract<MatlabValue, { readonly kind: K }>;

/** Stanford Cars: pictures with their classes, counted from 1, and the names of the classes. */
export const carsLayout: ImageLayout = {
  files: ["cars_test_annos_withlabels.mat", "devkit/cars_meta.mat", "cars_test/"].map((name) =>
    join("stanford_cars", name),
  ),
  read(data, findings) {
    const file = join(data, "stanford_cars/cars_test_annos_withlabels.mat");
    const seen = new Map<string, number>();
    const items = findings.each(
      variable(file, "annotations", "records").records,
      (record, index) => {
        const place = `annotations(${index + 1})`;
        const name = as("text", record.get("fname"), file, `${place}.fname`).text;
        const [number = 0] = as("numbers", record.get("class"), file, `${place}.class`).numbers;
        if (number < 1) throw wrong(file, `${place}.class`, "classes are counted from 1");
        const other = seen.get(name);
        if (other !== undefined)
          throw wrong(file, place, `\`${name}\` is number ${other + 1} already`);
        seen.set(name, index);
        return labelledImage(name, number - 1, { path: join("stanford_cars/cars_test", name) });
      },
    );
    const meta = join(data, "stanford_cars/devkit/cars_meta.mat");
    const { cells } = variable(meta, "class_names", "cells");
    const ownNames = cells.map(
      (cell, index) => as("text", cell, meta, `class_names(${index + 1})`).text,
    );
    return { items, ownNames };
  },
};

/** Oxford Flowers: numbers of pictures in the test part, and the class of every picture, both counted from 1. */
export const flowersLayout: ImageLayout = {
  files: ["setid.mat", "imagelabels.mat", "jpg/"].map((name) => join("flowers-102", name)),
  read(data, findings: Findings) {
    const splits = join(data, "flowers-102/setid.mat");
    const labelFile = join(data, "flowers-102/imagelabels.mat");
    const { numbers: labels } = variable(labelFile, "labels", "numbers");
    const seen = new Set<number>();
    const items = findings.each(variable(splits, "tstid", "numbers").numbers, (number, index) => {
      const place = `tstid(${index + 1})`;
      if (seen.has(number)) throw wrong(splits, place, `${number} stands there already`);
      seen.add(number);
      const label = labels[number - 1];
      const reason = `picture ${number} has no class: there are ${labels.length}`;
      if (label === undefined || label < 1) throw wrong(splits, place, reason);
      const id = `image_${String(number).padStart(5, "0")}.jpg`;
      return labelledImage(id, label - 1, { path: join("flowers-102/jpg", id) });
    });
    return { items };
  },
};

function variable<K extends Kind>(file: string, name: string, kind: K): Of<K> {
  return as(kind, readMatlab(file).get(name), file, name);
}

function as<K extends Kind>(
  kind: K,
  value: MatlabValue | undefined,
  file: string,
  place: string,
): Of<K> {
  const isOf = (found: MatlabValue): found is Of<K> => found.kind === kind;
  if (value === undefined) throw wrong(file, place, "it is not there");
  if (!isOf(value)) throw wrong(file, place, `${kind} are needed, not ${value.kind}`);
  return value;
}

function wrong(file: string, place: string, reason: string) {
  return fault("data-wrong", { file, place, reason });
}
