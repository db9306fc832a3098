/** One field of a protobuf message: numbers as numbers, everything with a length as bytes. */
type WireField =
  | { readonly number: number; readonly kind: "number"; readonly value: number }
  | { readonly number: number; readonly kind: "bytes"; readonly value: Uint8Array };

/** The bytes are no protobuf message. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** The fields of a message in their order. Whole numbers beyond 53 bits lose their last ones. */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const take = (count: number) => {
    const from = at;
    if (count > bytes.length - at) throw new WireError(`a field ends beyond byte ${bytes.length}`);
    at += count;
    return from;
  };
  const whole = () => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = view.getUint8(take(1));
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new WireError("a whole number does not end");
  };
  while (at < bytes.length) {
    const key = whole();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        yield { number, kind: "number", value: whole() };
        break;
      case 1:
        yield { number, kind: "number", value: view.getFloat64(take(8), true) };
        break;
      case 2: {
        const length = whole();
        const from = take(length);
        yield { number, kind: "bytes", value: bytes.subarray(from, from + length) };
        break;
      }
      case 5:
        yield { number, kind: "number", value: view.getFloat32(take(4), true) };
        break;
      default:
        throw new WireError(`byte ${at - 1} starts no field`);
    }
  }
}
