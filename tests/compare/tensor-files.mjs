// A work's tensors on the disk, so that no library has another's copy in its memory.
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import { elementCount, randomElements } from "./works/tensor.mjs";

/** Matrices lie as [out, in] here, as in checkpoints. */
export const outIn = "out-in.safetensors";
/** Matrices lie as [in, out] here, which is the faster order for the other libraries. */
export const inOut = "in-out.safetensors";
export const inputs = "inputs.safetensors";

export function writeWork(work, folder) {
  const weights = Object.entries(work.weights);
  const asTheyAre = weights.map(([name, tensor]) => [name, tensor.shape]);
  const turned = weights.map(([name, { shape, isMatrix }]) => [
    name,
    isMatrix ? shape.toReversed() : shape,
  ]);
  const files = [
    createFile(join(folder, outIn), asTheyAre),
    createFile(join(folder, inOut), turned),
  ];
  weights.forEach(([, tensor], index) => {
    const data = randomElements(tensor, index + 1);
    writeSync(files[0], data);
    writeSync(files[1], tensor.isMatrix ? transpose(data, tensor.shape) : data);
  });
  const given = Object.entries(work.input);
  const file = createFile(
    join(folder, inputs),
    given.map(([name, tensor]) => [name, tensor.shape]),
  );
  given.forEach(([, tensor], index) => {
    writeSync(file, randomElements(tensor, 4711 + index));
  });
  for (const descriptor of [...files, file]) closeSync(descriptor);
}

/** `{ shape, offset, length }` by name: where the elements lie in the file. */
export function readHeader(path) {
  const file = openSync(path);
  const size = new BigUint64Array(1);
  readSync(file, size, 0, 8, 0);
  const length = Number(size[0]);
  const text = Buffer.alloc(length);
  readSync(file, text, 0, length, 8);
  closeSync(file);
  const entries = Object.entries(JSON.parse(text.toString("utf8")));
  return Object.fromEntries(
    entries.map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => [name, { shape, offset: 8 + length + from, length: to - from }],
    ),
  );
}

/** Reads one tensor after the other and forgets it: `take(name, { shape, data })`. */
export function readTensors(path, take) {
  const file = openSync(path);
  const results = {};
  for (const [name, { shape, offset, length }] of Object.entries(readHeader(path))) {
    const data = new Float32Array(length / 4);
    readSync(file, data, 0, length, offset);
    results[name] = take(name, { shape, data });
  }
  closeSync(file);
  return results;
}

export function readElements(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function createFile(path, tensors) {
  const header = {};
  let end = 0;
  for (const [name, shape] of tensors) {
    const start = end;
    end += 4 * elementCount(shape);
    header[name] = { dtype: "F32", shape, data_offsets: [start, end] };
  }
  const json = JSON.stringify(header);
  const text = json.padEnd(Math.ceil(json.length / 8) * 8);
  const file = openSync(path, "w");
  writeSync(file, new BigUint64Array([BigInt(text.length)]));
  writeSync(file, text);
  return file;
}

/** In tiles, so that both sides stay in the CPU's caches. */
function transpose(data, [rows, columns]) {
  const turned = new Float32Array(data.length);
  const tile = 32;
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile)
      for (let row = top; row < Math.min(top + tile, rows); row += 1)
        for (let column = left; column < Math.min(left + tile, columns); column += 1)
          turned[column * rows + row] = data[row * columns + column];
  return turned;
}
