import { usualLimits } from "../archives/archive-limits.ts";
import { decompress } from "../archives/decompress.ts";
import { debianFiles } from "../archives/open-archive.ts";
import { fault } from "../faults.ts";
import type { BuildContext, DataSet } from "./data-set.ts";

/** 70,000 pictures of clothes in grey, 28 x 28, of ten kinds: four IDX files. */
export const fashionMnist: DataSet = {
  name: "fashion-mnist",
  summary: "70,000 grey pictures of clothes of ten kinds, as IDX files",
  recipe: 1,
  packages: [
    {
      registry: "debian",
      name: "dataset-fashion-mnist",
      version: "0.0~git20200523.55506a9-1",
      bytes: 30_900_652,
      sha256: "39e172fe32dd318ebb3e512220c3beea2fa47d7e20bab348fb4e0922d6beefc0",
    },
  ],
  licences: [{ part: "images and labels", licence: "MIT", by: "Zalando SE" }],
  build: buildFashionMnist,
};

const files: Readonly<Record<string, "train" | "test" | undefined>> = {
  "train-images-idx3-ubyte": "train",
  "train-labels-idx1-ubyte": undefined,
  "t10k-images-idx3-ubyte": "test",
  "t10k-labels-idx1-ubyte": undefined,
};

async function buildFashionMnist({ fileOf, folder }: BuildContext): Promise<void> {
  const archive = fileOf("dataset-fashion-mnist");
  const missing = new Set(Object.keys(files));
  for await (const { path, read } of debianFiles(archive)) {
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (path.endsWith("/dataset-fashion-mnist/copyright"))
      folder.licence("dataset-fashion-mnist", new TextDecoder().decode(await read()));
    const plain = name.replace(/\.gz$/, "");
    if (!missing.delete(plain)) continue;
    const bytes = await unpacked(await read(), `${archive}: ${path}`);
    folder.file(plain, bytes);
    const part = files[plain];
    // Behind the magic number of an IDX file stands how many there are.
    if (part !== undefined) folder.images(part, new DataView(bytes.buffer).getUint32(4));
  }
  const [first] = missing;
  if (first !== undefined)
    throw fault("data-set-incomplete", { name: "fashion-mnist", reason: `there is no ${first}` });
}

async function unpacked(bytes: Uint8Array, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const whole = async function* () {
    yield bytes;
  };
  const parts: Uint8Array[] = [];
  for await (const part of decompress(whole(), "gzip", what, usualLimits)) parts.push(part);
  return Uint8Array.from(Buffer.concat(parts));
}
