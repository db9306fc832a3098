// A value in a file of data, which knows where it stands: whatever is wrong with it is told with file and place.
import { fault, type RuntimeFault } from "../../faults.ts";

/** An element of a document. Its place is a JSON pointer, or a line. */
export class DataEntry {
  readonly file: string;
  readonly place: string;
  readonly value: unknown;

  constructor(file: string, place: string, value: unknown) {
    this.file = file;
    this.place = place;
    this.value = value;
  }

  wrong(reason: string): RuntimeFault {
    return fault("data-wrong", { file: this.file, place: this.place, reason });
  }

  has(name: string): boolean {
    return this.#field(name) !== undefined;
  }

  /** The first of these fields that there is. */
  nameOf(...names: readonly string[]): string | undefined {
    return names.find((name) => this.has(name));
  }

  at(name: string): DataEntry {
    const value = this.#field(name);
    if (value === undefined) throw this.wrong(`it has no \`${name}\``);
    return this.#inside(name, value);
  }

  asText(): string {
    if (typeof this.value !== "string")
      throw this.wrong(`a text is needed, not ${kind(this.value)}`);
    return this.value;
  }

  /** An id is a text, or a whole number; ids are compared as texts. */
  asId(): string {
    if (Number.isSafeInteger(this.value)) return String(this.value);
    if (typeof this.value === "string" && this.value !== "") return this.value;
    throw this.wrong(`an id is needed, not ${kind(this.value)}`);
  }

  asNumber(): number {
    if (typeof this.value !== "number")
      throw this.wrong(`a number is needed, not ${kind(this.value)}`);
    return this.value;
  }

  elements(): readonly DataEntry[] {
    if (!Array.isArray(this.value)) throw this.wrong(`an array is needed, not ${kind(this.value)}`);
    return this.value.map((value: unknown, index) => this.#inside(String(index), value));
  }

  /** Members of an object by name. */
  members(): readonly (readonly [string, DataEntry])[] {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value))
      throw this.wrong(`an object is needed, not ${kind(this.value)}`);
    return Object.entries(this.value).map(([name, value]) => [name, this.#inside(name, value)]);
  }

  text(name: string): string {
    return this.at(name).asText();
  }

  id(name: string): string {
    return this.at(name).asId();
  }

  texts(name: string): readonly string[] {
    return this.at(name)
      .elements()
      .map((entry) => entry.asText());
  }

  list(name: string): readonly DataEntry[] {
    return this.at(name).elements();
  }

  #field(name: string): unknown {
    const { value } = this;
    if (typeof value !== "object" || value === null) return undefined;
    return Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }

  #inside(name: string, value: unknown): DataEntry {
    const step = name.replaceAll("~", "~0").replaceAll("/", "~1");
    return new DataEntry(this.file, `${this.place}/${step}`, value);
  }
}

function kind(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${JSON.stringify(value)}`;
}

/** Registers ids; one that is there already is a fault. */
export class UniqueIds {
  readonly #places = new Map<string, string>();

  add(id: string, entry: DataEntry): void {
    const other = this.#places.get(id);
    if (other !== undefined) throw entry.wrong(`the id \`${id}\` is at ${other} already`);
    this.#places.set(id, entry.place);
  }
}
