/** The kinds of picture that are inputs. */
const kinds: readonly (readonly [name: string, test: (bytes: Uint8Array) => boolean])[] = [
  ["PNG", (bytes) => begins(bytes, "\x89PNG\r\n\x1a\n")],
  ["JPEG", (bytes) => begins(bytes, "\xff\xd8\xff")],
  ["WebP", (bytes) => begins(bytes, "RIFF") && begins(bytes, "WEBP", 8)],
  ["GIF", (bytes) => begins(bytes, "GIF87a") || begins(bytes, "GIF89a")],
  ["TIFF", (bytes) => begins(bytes, "II*\0") || begins(bytes, "MM\0*")],
  ["AVIF", (bytes) => begins(bytes, "ftyp", 4) && /avif|avis/.test(latin(bytes, 8, 64))],
];

export const imageKinds = "PNG, JPEG, WebP, GIF, TIFF, AVIF";

/**
 * Which kind of picture these bytes begin. Told by ourselves and before any decoder sees them: a decoder also takes
 * drawings, whose rendering may take as long as it likes.
 */
export function imageKind(bytes: Uint8Array): string | undefined {
  return kinds.find(([, test]) => test(bytes))?.[0];
}

function begins(bytes: Uint8Array, text: string, at = 0): boolean {
  return latin(bytes, at, at + text.length) === text;
}

function latin(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}
