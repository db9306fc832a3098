// Sets whose pictures lie behind each other in one file: CIFAR in its binary version, MNIST, STL-10.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fault } from "../../faults.ts";
import { readWhole } from "../../files/read-bytes.ts";
import type { Findings } from "../entries/findings.ts";
import { readTextLines } from "../entries/read-entries.ts";
import { type Raster, rasterBytes } from "../images/raster.ts";
import {
  type ImageLayout,
  type LabelledImage,
  type LabelledSet,
  labelledImage,
} from "./labelled-images.ts";

const largestFile = 1 << 28;
const cifar = { width: 32, height: 32, order: "rows" } as const;

/** Records of labels, the last of which counts, and 32 x 32 pixels. */
function cifarLayout(folder: string, file: string, labels: number, names: string): ImageLayout {
  const path = join(folder, file);
  return {
    files: [path, join(folder, names)],
    read(data) {
      const bytes = readWhole(join(data, path), largestFile);
      const each = labels + rasterBytes({ ...cifar, start: 0 });
      assertRecords(join(data, path), bytes.length, each);
      const items = Array.from({ length: bytes.length / each }, (_, index) => {
        const start = index * each + labels;
        return labelledImage(String(index), bytes[start - 1] ?? 0, {
          path,
          raster: { ...cifar, start },
        });
      });
      return { items, ownNames: linesOf(join(data, folder, names)) };
    },
  };
}

export const cifar10Layout = cifarLayout(
  "cifar-10-batches-bin",
  "test_batch.bin",
  1,
  "batches.meta.txt",
);

/** The second label is the fine one. */
export const cifar100Layout = cifarLayout(
  "cifar-100-binary",
  "test.bin",
  2,
  "fine_label_names.txt",
);

/** MNIST: two IDX files. */
export const mnistLayout: ImageLayout = {
  files: ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"].map((name) =>
    join("MNIST/raw", name),
  ),
  read: (data) => ({
    items: idxItems(data, "MNIST/raw/t10k-images-idx3-ubyte", "MNIST/raw/t10k-labels-idx1-ubyte"),
  }),
};

/** The pictures of one IDX file with the labels of another; both are paths below the data. */
export function idxItems(data: string, path: string, labelPath: string): readonly LabelledImage[] {
  const [count = 0, height = 0, width = 0] = idxShape(join(data, path), 3);
  const labelFile = join(data, labelPath);
  const [labelled = 0] = idxShape(labelFile, 1);
  if (labelled !== count) throw wrongFile(labelFile, `${labelled} labels for ${count} pictures`);
  const labels = readWhole(labelFile, largestFile).subarray(8);
  return Array.from({ length: count }, (_, index) => {
    const raster: Raster = { start: 16 + index * height * width, width, height, order: "grey" };
    return labelledImage(String(index), labels[index] ?? 0, { path, raster });
  });
}

/** The lengths of the axes, which the size of the file bears out. */
function idxShape(path: string, rank: number): readonly number[] {
  const bytes = readWhole(path, largestFile);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 4 + 4 * rank;
  if (bytes.length < start || view.getUint32(0) !== 0x0800 + rank)
    throw wrongFile(path, `it does not begin as an IDX file of ${rank} axes does`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const needed = start + shape.reduce((product, length) => product * length, 1);
  if (bytes.length !== needed)
    throw wrongFile(path, `it has ${bytes.length} bytes, and its shape needs ${needed}`);
  return shape;
}

/** STL-10: planes column by column, and labels from 1. */
export const stlLayout: ImageLayout = {
  files: ["test_X.bin", "test_y.bin", "class_names.txt"].map((name) => join("stl10_binary", name)),
  read(data, findings) {
    const path = "stl10_binary/test_X.bin";
    const raster = { width: 96, height: 96, order: "columns" } as const;
    const each = rasterBytes({ ...raster, start: 0 });
    const file = join(data, path);
    if (!existsSync(file)) throw fault("file-missing", { path: file });
    const { size } = statSync(file);
    assertRecords(file, size, each);
    const labelFile = join(data, "stl10_binary/test_y.bin");
    const labels = readWhole(labelFile, largestFile);
    if (labels.length !== size / each)
      throw wrongFile(labelFile, `${labels.length} labels for ${size / each} pictures`);
    return {
      items: stlItems(labels, labelFile, findings).map((label, index) =>
        labelledImage(String(index), label, { path, raster: { ...raster, start: index * each } }),
      ),
      ownNames: linesOf(join(data, "stl10_binary/class_names.txt")),
    } satisfies LabelledSet;
  },
};

function stlItems(labels: Uint8Array, file: string, findings: Findings): readonly number[] {
  return findings.each(labels, (label, index) => {
    const reason = "classes are counted from 1, and this is 0";
    if (label === 0) throw fault("data-wrong", { file, place: `label ${index}`, reason });
    return label - 1;
  });
}

function assertRecords(path: string, bytes: number, each: number): void {
  if (bytes % each === 0) return;
  throw wrongFile(path, `it has ${bytes} bytes, which are no whole records of ${each}`);
}

function wrongFile(file: string, reason: string) {
  return fault("data-wrong", { file, place: "", reason });
}

function linesOf(path: string): readonly string[] {
  return readTextLines(path).map((entry) => entry.asText().trim());
}
