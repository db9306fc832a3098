// The portable pixmap of GTSRB: `P6`, width, height, 255, and the levels.
import { fault } from "../../faults.ts";
import type { Pixels } from "../../images/pixels.ts";

const magic = [0x50, 0x36] as const;

export function isPortableMap(bytes: Uint8Array): boolean {
  return bytes[0] === magic[0] && bytes[1] === magic[1];
}

/** @throws {RuntimeFault} `not-an-image` where the header or the levels are cut off, or are not of eight bits. */
export function portablePixels(bytes: Uint8Array, path: string): Pixels {
  // Behind the magic number stand three numbers, between them white space and comments.
  const text = new TextDecoder("latin1").decode(bytes.subarray(0, 512));
  const header = /^P6(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+(\d+)(?:\s|#[^\n]*\n)+255\s/.exec(text);
  if (header === null) throw fault("not-an-image", { path, reason: "it is no PPM of eight bits" });
  const [width, height] = [Number(header[1]), Number(header[2])];
  const data = bytes.subarray(header[0].length, header[0].length + 3 * width * height);
  const reason = `it has ${bytes.length} bytes, and ${header[0].length + 3 * width * height} are needed`;
  if (data.length < 3 * width * height) throw fault("not-an-image", { path, reason });
  return { width, height, data: Uint8Array.from(data) };
}
