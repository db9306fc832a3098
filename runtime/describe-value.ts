/** A value of any kind in a few words, for messages about what a program gave. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > longest ? `${value.slice(0, longest)}...` : value);
    case "object":
      return value === null ? "null" : describeObject(value);
    case "function":
      return "a function";
    default:
      return String(value);
  }
}

const longest = 40;

function describeObject(value: object): string {
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  const kind = kindOf(value);
  if (kind !== "Object") return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
  const names = Object.keys(value);
  return names.length === 0 ? "an empty object" : `an object with ${names.join(", ")}`;
}

/** `Float32Array`, in every realm; a `Buffer` of Node is a `Uint8Array` by its tag. */
export function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
