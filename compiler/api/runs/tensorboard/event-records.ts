import { maskedCrc32c } from "./crc32c.ts";

/** Numbers of one step, by the name under which TensorBoard shows them. */
interface ScalarEvent {
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly scalars: Readonly<Record<string, number>>;
}

/** What an event file begins with. */
export function versionRecord(time: number): Uint8Array {
  return record([wallTime(time), field(3, text("brain.Event:2"))]);
}

/** A record of an event file: `Event { wall_time, step, summary { value { tag, simple_value } .. } }`. */
export function scalarRecord({ step, time, scalars }: ScalarEvent): Uint8Array {
  const values = Object.entries(scalars).map(([tag, value]) =>
    field(1, joined([field(1, text(tag)), float32(2, value)])),
  );
  return record([wallTime(time), key(2, 0), varint(step), field(5, joined(values))]);
}

/** TFRecord: length, its sum, data, its sum; all little-endian. */
function record(parts: readonly Uint8Array[]): Uint8Array {
  const data = joined(parts);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(data.length), true);
  return joined([length, word(maskedCrc32c(length)), data, word(maskedCrc32c(data))]);
}

// What protocol buffers are made of: https://protobuf.dev/programming-guides/encoding/

const [eightBytes, lengthDelimited, fourBytes] = [1, 2, 5] as const;

function wallTime(seconds: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, seconds, true);
  return joined([key(1, eightBytes), bytes]);
}

function float32(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return joined([key(number, fourBytes), bytes]);
}

function field(number: number, content: Uint8Array): Uint8Array {
  return joined([key(number, lengthDelimited), varint(content.length), content]);
}

function key(number: number, type: number): Uint8Array {
  return varint(number * 8 + type);
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
