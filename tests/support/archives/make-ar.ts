/** An `ar` archive as Debian's tools write it. */
export function arOf(members: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const parts = Object.entries(members).flatMap(([name, bytes]) => [
    Buffer.from(
      `${name.padEnd(16)}${"0".padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`,
    ),
    bytes,
    Buffer.from(bytes.length % 2 === 1 ? "\n" : ""),
  ]);
  return new Uint8Array(Buffer.concat([Buffer.from("!<arch>\n"), ...parts]));
}
