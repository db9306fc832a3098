import { crc32c } from "../../../compiler/api/runs/tensorboard/crc32c.ts";

interface Event {
  readonly time: number;
  readonly step: number;
  readonly version: string | undefined;
  readonly scalars: Readonly<Record<string, number>>;
}

/** Reads a file of TensorBoard's events as its own reader does: each sum is looked at, and each field by its number. */
export function readEvents(bytes: Uint8Array): readonly Event[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const events: Event[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    assertSum(bytes.subarray(at, at + 8), view.getUint32(at + 8, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assertSum(data, view.getUint32(at + 12 + length, true));
    events.push(eventOf(data));
    at += 16 + length;
  }
  return events;
}

function assertSum(bytes: Uint8Array, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  const sum = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  if (sum !== crc32c(bytes)) throw new Error("a sum is wrong");
}

function eventOf(data: Uint8Array): Event {
  const fields = fieldsOf(data);
  const summaries = fields.filter(({ number }) => number === 5);
  const values = summaries.flatMap(({ bytes }) => fieldsOf(bytes));
  const scalars = values.map(({ bytes }) => {
    const [tag, value] = fieldsOf(bytes);
    return [textOf(tag?.bytes), numberOf(value?.bytes)] as const;
  });
  const one = (number: number) => fields.find((field) => field.number === number);
  return {
    time: numberOf(one(1)?.bytes),
    step: one(2)?.value ?? 0,
    version: one(3) && textOf(one(3)?.bytes),
    scalars: Object.fromEntries(scalars),
  };
}

interface Field {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** Of a varint. */
  readonly value: number;
}

function fieldsOf(data: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = data[at++] ?? 0;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const [number, type] = [Math.floor(key / 8), key % 8];
    const value = type === 0 || type === 2 ? varint() : 0;
    const length = { 0: 0, 1: 8, 2: value, 5: 4 }[type];
    if (length === undefined) throw new Error(`field ${number} has no type that is known`);
    fields.push({ number, value, bytes: data.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}

function numberOf(bytes: Uint8Array = new Uint8Array(8)): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
}
