import { fault, type RuntimeFault } from "../../faults.ts";

/** Takes fields out of a JSON document of which nothing is certain; what is not as it must be is a fault. */
export class JsonFields {
  readonly path: string;
  readonly where: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(path: string, where: string, value: unknown) {
    this.path = path;
    this.where = where;
    if (!isRecord(value)) throw this.broken("is no object");
    this.#fields = value;
  }

  value(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  /** The object there; undefined where there is none or null. */
  inner(name: string): JsonFields | undefined {
    const value = this.value(name) ?? undefined;
    if (value === undefined) return undefined;
    return new JsonFields(this.path, `\`${name}\` of ${this.where}`, value);
  }

  text(name: string, otherwise?: string): string {
    const value = this.value(name) ?? otherwise;
    if (typeof value === "string") return value;
    throw this.broken(`has no text \`${name}\``);
  }

  /** Null stands for no text, and so does an empty one. */
  textIfAny(name: string): string | undefined {
    const value = this.value(name) ?? "";
    if (typeof value === "string") return value === "" ? undefined : value;
    throw this.broken(`has no text \`${name}\``);
  }

  truth(name: string, otherwise: boolean): boolean {
    const value = this.value(name) ?? otherwise;
    if (typeof value === "boolean") return value;
    throw this.broken(`has no truth value \`${name}\``);
  }

  truthIfAny(name: string): boolean | null {
    return (this.value(name) ?? null) === null ? null : this.truth(name, false);
  }

  /** A whole number from 0 to `most`. */
  count(name: string, most: number, otherwise?: number): number {
    const value = this.value(name) ?? otherwise;
    if (isCount(value, most)) return value;
    throw this.broken(`has no whole number \`${name}\` up to ${most}`);
  }

  list(name: string, most: number): readonly unknown[] {
    const value = this.value(name) ?? [];
    if (Array.isArray(value) && value.length <= most) return value;
    throw this.broken(`has no list \`${name}\` of at most ${most}`);
  }

  /** The document is not what it should be. */
  broken(reason: string): RuntimeFault {
    return fault("not-a-tokenizer", { path: this.path, reason: `${this.where} ${reason}` });
  }

  /** The document is right, and asks for what is not done here. */
  unsupported(reason: string): RuntimeFault {
    return fault("unsupported-tokenizer", { path: this.path, reason });
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
