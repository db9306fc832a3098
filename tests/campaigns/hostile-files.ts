import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Chance } from "./mutate-text.ts";

/** A model that takes each kind of file: weights, a tensor, a picture. */
export const victim = `model Victim {
  axis D = 4
  axis H = 8
  param w: [D] = 1.0
  mode scale(x: f32[D]) -> f32[D] {
    x * w
  }
  mode look(pixels: f32[C = 3, Y = H, X = H] from image()) -> f32[C] {
    sum{Y, X}(pixels)
  }
}
`;

/** One file that nobody should have to open, and what is typed with it. */
export interface Hostile {
  readonly name: string;
  readonly args: readonly string[];
}

/** Writes file number `seed` into a folder: deterministic, each kind in turn. */
export function writeHostile(folder: string, seed: number): Hostile {
  const make = kinds[seed % kinds.length];
  if (make === undefined) throw new Error("there are no kinds");
  mkdirSync(folder, { recursive: true });
  return make(folder, new Chance(seed));
}

type Make = (folder: string, chance: Chance) => Hostile;

const weights = (path: string) => ["inspect", "victim.weft", "--mode", "scale", "--weights", path];
const tensor = (path: string) => ["run", "victim.weft", "--mode", "scale", "--in", `x=${path}`];
const picture = (path: string) => [
  "run",
  "victim.weft",
  "--mode",
  "look",
  "--in",
  `pixels=${path}`,
];

function safetensors(header: unknown, data: number, length?: bigint): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(length ?? BigInt(text.length));
  return Buffer.concat([head, text, Buffer.alloc(data)]);
}

function npy(dictionary: string, data: number, version = 1): Uint8Array {
  const text = Buffer.from(`${dictionary}\n`);
  const head = Buffer.from([
    0x93,
    0x4e,
    0x55,
    0x4d,
    0x50,
    0x59,
    version,
    0,
    text.length & 255,
    text.length >> 8,
  ]);
  return Buffer.concat([head, text, Buffer.alloc(data)]);
}

const entry = (from: number, to: number, shape: unknown = [4], dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

/** A file with these bytes, asked for by `ask`. */
function file(
  name: string,
  bytes: Uint8Array | string,
  ask: (path: string) => readonly string[],
): Make {
  return (folder) => {
    writeFileSync(join(folder, name), bytes);
    return { name, args: ask(name) };
  };
}

function noise(name: string, start: string, ask: (path: string) => readonly string[]): Make {
  return (folder, chance) => {
    const bytes = Buffer.from(
      Array.from({ length: 20 + chance.below(4000) }, () => chance.below(256)),
    );
    writeFileSync(join(folder, name), Buffer.concat([Buffer.from(start, "latin1"), bytes]));
    return { name, args: ask(name) };
  };
}

const kinds: readonly Make[] = [
  file("empty.safetensors", "", weights),
  file("short.safetensors", safetensors({ w: entry(0, 16) }, 15), weights),
  file("trailing.safetensors", safetensors({ w: entry(0, 16) }, 20), weights),
  file("hole.safetensors", safetensors({ w: entry(4, 20) }, 20), weights),
  file("overlap.safetensors", safetensors({ w: entry(0, 16), v: entry(8, 24) }, 24), weights),
  file(
    "twice.safetensors",
    safetensors(
      '{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
      16,
    ),
    weights,
  ),
  file("huge-header.safetensors", safetensors("{}", 0, 2n ** 63n), weights),
  file("long-header.safetensors", safetensors("{}", 0, 24_000_000n), weights),
  file("huge-shape.safetensors", safetensors({ w: entry(0, 16, [2 ** 40, 2 ** 40]) }, 16), weights),
  file(
    "proto.safetensors",
    safetensors('{"__proto__":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}', 16),
    weights,
  ),
  file("dtype.safetensors", safetensors({ w: entry(0, 16, [4], "constructor") }, 16), weights),
  file("deep.safetensors", safetensors("[".repeat(200_000), 0), weights),
  file(
    "escape.safetensors",
    safetensors({ "w\u001b[2J\nerror: forged": entry(0, 16) }, 16),
    weights,
  ),
  file("floats.safetensors", safetensors({ w: entry(0.5, 16.5, [4]) }, 17), weights),
  file("negative.safetensors", safetensors({ w: entry(-16, 0, [4]) }, 16), weights),
  noise("noise.safetensors", "", weights),
  noise("half-noise.safetensors", "\x40\0\0\0\0\0\0\0{", weights),
  (folder) => {
    symlinkSync("/dev/zero", join(folder, "zero.safetensors"));
    return { name: "zero", args: weights("zero.safetensors") };
  },
  (folder) => {
    symlinkSync("loop.safetensors", join(folder, "loop.safetensors"));
    return { name: "loop", args: weights("loop.safetensors") };
  },
  (folder) => {
    mkdirSync(join(folder, "sharded"));
    const map = { weight_map: { w: "../../../etc/passwd" } };
    writeFileSync(join(folder, "sharded", "model.safetensors.index.json"), JSON.stringify(map));
    return { name: "climbing index", args: weights("sharded") };
  },
  (folder) => {
    mkdirSync(join(folder, "sharded"));
    const map = { weight_map: { w: "\u001b[2Jnope.safetensors" } };
    writeFileSync(join(folder, "sharded", "model.safetensors.index.json"), JSON.stringify(map));
    return { name: "escaping index", args: weights("sharded") };
  },
  file("empty.npy", "", tensor),
  file(
    "huge.npy",
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (5000000000,), }", 0),
    tensor,
  ),
  file(
    "larger.npy",
    npy(
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740991, 9007199254740991), }",
      0,
    ),
    tensor,
  ),
  file(
    "constructor.npy",
    npy("{'descr': '<constructor', 'fortran_order': False, 'shape': (4,), }", 16),
    tensor,
  ),
  file(
    "proto.npy",
    npy("{'descr': '|__proto__', 'fortran_order': False, 'shape': (4,), }", 16),
    tensor,
  ),
  file("pickle.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (4,), }", 16), tensor),
  file("short.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 3), tensor),
  file(
    "version.npy",
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 16, 9),
    tensor,
  ),
  file(
    "shape.npy",
    npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-4, 1e3,), }", 16),
    tensor,
  ),
  noise("noise.npy", "\x93NUMPY\x01\0", tensor),
  (folder) => {
    symlinkSync("/dev/random", join(folder, "random.npy"));
    return { name: "random.npy", args: tensor("random.npy") };
  },
  file(
    "bomb.svg",
    '<svg xmlns="http://www.w3.org/2000/svg" width="16000" height="16000"><filter id="f"><feGaussianBlur stdDeviation="400"/></filter><rect width="16000" height="16000" filter="url(#f)"/></svg>',
    picture,
  ),
  file("script.svg", '<?xml version="1.0"?><svg onload="alert(1)"/>', picture),
  file("text.pdf", "%PDF-1.7\n1 0 obj\n<<>>\n", picture),
  file("empty.png", "", picture),
  file("head.png", Buffer.from("89504e470d0a1a0a", "hex"), picture),
  file(
    "large.png",
    Buffer.from("89504e470d0a1a0a0000000d494844527fffffff7fffffff0806000000", "hex"),
    picture,
  ),
  noise("noise.png", "\x89PNG\r\n\x1a\n", picture),
  noise("noise.jpg", "\xff\xd8\xff\xe0", picture),
  noise("noise.gif", "GIF89a", picture),
  noise("noise.webp", "RIFF\xff\xff\xff\x7fWEBPVP8 ", picture),
  noise("noise.tiff", "II*\0\x08\0\0\0", picture),
  file("open.weft", `model M { mode f(x: f32[N]) -> f32[N] { ${"(".repeat(100_000)}`, () => [
    "check",
    "open.weft",
  ]),
  file("stray.weft", "$".repeat(900_000), () => ["check", "stray.weft"]),
  file("zeros.weft", Buffer.alloc(900_000), () => ["check", "zeros.weft"]),
  noise("noise.weft", "", () => ["check", "noise.weft"]),
  file("stray-fmt.weft", ")".repeat(900_000), () => ["fmt", "stray-fmt.weft"]),
  (folder) => {
    mkdirSync(join(folder, "folder.weft"));
    return { name: "folder.weft", args: ["check", "folder.weft"] };
  },
  file("escape\u001b[31m.weft", "model {", () => ["check", "escape\u001b[31m.weft"]),
];

export const hostileKinds = kinds.length;
