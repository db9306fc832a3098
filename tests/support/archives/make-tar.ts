/** One member of a tar made for a test, right or wrong. */
export interface MadeMember {
  readonly name: string | Uint8Array;
  /** The character of its kind; a regular file if it is not said. */
  readonly type?: string;
  readonly content?: Uint8Array | string;
  /** What the header says instead of the length of the content. */
  readonly statedSize?: number | string;
  /** Whether the checksum is one too many. */
  readonly hasWrongSum?: boolean;
  /** The front of a long name, in the field that POSIX has for it. */
  readonly prefix?: string;
}

const block = 512;

/** The blocks of one member: its header and its content, filled up. */
export function tarMember(member: MadeMember): Uint8Array {
  const { name, type = "0", content = "", prefix = "", hasWrongSum = false } = member;
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const { statedSize = bytes.length } = member;
  const made = new Uint8Array(block + Math.ceil(bytes.length / block) * block);
  const put = (at: number, text: string | Uint8Array) =>
    made.set(typeof text === "string" ? new TextEncoder().encode(text) : text, at);
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, typeof statedSize === "string" ? statedSize : octal(statedSize, 11));
  put(136, octal(0, 11));
  put(156, type);
  put(257, "ustar\u000000");
  put(345, prefix);
  put(148, "        ");
  const sum = made.subarray(0, block).reduce((total, byte) => total + byte, 0);
  put(148, `${octal(sum + (hasWrongSum ? 1 : 0), 6)} `);
  put(block, bytes);
  return made;
}

/** A whole tar, with the blocks that end it. */
export function tarOf(members: readonly MadeMember[]): Uint8Array {
  return joined([...members.map(tarMember), new Uint8Array(2 * block)]);
}

/** The content of an extended header: each record says its own length. */
export function paxRecords(records: Readonly<Record<string, string>>): string {
  return Object.entries(records)
    .map(([key, value]) => {
      const rest = ` ${key}=${value}\n`;
      const bytes = new TextEncoder().encode(rest).length;
      const digits = [1, 2, 3, 4].find((count) => String(bytes + count).length === count) ?? 5;
      return `${bytes + digits}${rest}`;
    })
    .join("");
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function octal(value: number, digits: number): string {
  return `${value.toString(8).padStart(digits, "0")}\0`;
}
