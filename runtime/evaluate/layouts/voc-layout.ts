// PASCAL VOC 2007 as a set of classes: every box that people have drawn is a picture.
import { join } from "node:path";
import { xmlText } from "../../datasets/xml-text.ts";
import { fault } from "../../faults.ts";
import { readText } from "../../files/read-bytes.ts";
import type { Box } from "../../images/edit-image.ts";
import { UniqueIds } from "../entries/data-entry.ts";
import { readTextLines } from "../entries/read-entries.ts";
import { type ImageLayout, type LabelledImage, labelledImage } from "./labelled-images.ts";

/** In the order of the class numbers. */
const categories = [
  ...["aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"],
  ...["diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa"],
  ...["train", "tvmonitor"],
];

const root = "VOCdevkit/VOC2007";
const largestAnnotation = 1 << 24;

/** The photos of the test part in the order of their list, and within each the objects of its annotation. */
export const vocLayout: ImageLayout = {
  files: ["ImageSets/Main/aeroplane_test.txt", "Annotations/", "JPEGImages/"].map((name) =>
    join(root, name),
  ),
  read(data, findings) {
    const lines = readTextLines(join(data, root, "ImageSets/Main/aeroplane_test.txt"));
    const ids = new UniqueIds();
    const items = findings.each(lines, (entry) => {
      const [, id] = /^(\S+)\s+-?\d\s*$/.exec(entry.asText()) ?? [];
      if (id === undefined) throw entry.wrong("an id and a number are needed");
      ids.add(id, entry);
      return objectsOf(join(data, root, "Annotations", `${id}.xml`), id);
    });
    return { items: items.flat(), ownNames: categories };
  },
};

function objectsOf(file: string, id: string): readonly LabelledImage[] {
  const text = readText(file, largestAnnotation);
  const objects = [...text.matchAll(/<object>([\s\S]*?)<\/object>/g)];
  return objects.map(([, body = ""], index) => {
    // Parts of an object have names and boxes of their own.
    const own = body.replaceAll(/<part>[\s\S]*?<\/part>/g, "");
    const wrong = (reason: string) =>
      fault("data-wrong", { file, place: `object ${index + 1}`, reason });
    const field = (name: string): string => {
      const [, found] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(own) ?? [];
      if (found === undefined) throw wrong(`it has no \`${name}\``);
      return xmlText(found).trim();
    };
    const name = field("name");
    const label = categories.indexOf(name);
    if (label < 0) throw wrong(`there is no class \`${name}\``);
    const side = (which: string): number => {
      const value = Number(field(which));
      if (!Number.isInteger(value)) throw wrong(`\`${which}\` is no whole number`);
      return value;
    };
    const [left, top, right, bottom] = [side("xmin"), side("ymin"), side("xmax"), side("ymax")];
    if (right <= left || bottom <= top) throw wrong("its box is empty");
    const box: Box = { left, top, width: right - left, height: bottom - top };
    const path = join(root, "JPEGImages", `${id}.jpg`);
    return labelledImage(`${id}/${index + 1}`, label, { path, box }, id);
  });
}
